from tasks.api.schemas import Parameters, ProjectIn, TaskIn
from tasks.project_fields import FIELDS as PROJECT_FIELDS
from tasks.task_fields import FIELDS, PARAMETERS


def test_it_describes_every_route(client, db):
    described = client.get("/api/v1/openapi.json").json()

    assert "/api/v1/tasks/{task_id}/video" in described["paths"]
    assert "TaskOut" in described["components"]["schemas"]


def test_it_shows_the_documentation_without_a_stranger(client, db):
    page = client.get("/api/v1/docs").content.decode()

    assert "swagger" in page
    assert "https://" not in page


def test_it_documents_the_fields_that_are_read():
    assert set(TaskIn.model_fields) == FIELDS
    assert set(ProjectIn.model_fields) == PROJECT_FIELDS
    assert set(Parameters.model_fields) == set(PARAMETERS)

import io

import pytest
from PIL import Image

from tasks.demo.project import EXAMPLES
from tasks.demo.scenes import draw


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_it_draws_a_whole_picture_of_many_colours(example):
    with Image.open(io.BytesIO(draw(example.scene))) as picture:
        picture.load()
        assert picture.size == example.scene.size
        assert len(set(picture.resize((64, 64)).tobytes())) > 100

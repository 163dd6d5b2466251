from django.utils import translation

from tasks.explain import USED_UP, explain


def test_it_says_nothing_of_no_code():
    assert explain("") is None


def test_it_gives_a_sentence_even_for_a_code_of_another_version():
    assert "from_tomorrow" in explain("from_tomorrow").message


def test_it_promises_no_retry_once_they_are_used_up():
    with translation.override("en"):
        assert explain("generation_failed", is_final=True).next_step == USED_UP
        assert explain("generation_failed").next_step != USED_UP
        assert explain("content_policy", is_final=True).next_step != USED_UP

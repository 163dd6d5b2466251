import io

from tasks.embedded.output import Output


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_it_begins_each_line_with_a_padded_name(log):
    output = Output(log, width=6)
    output.line("web", "hello")
    output.line("misc-1", "there")
    assert log.getvalue() == "web    │ hello\nmisc-1 │ there\n"


def test_it_gives_each_name_its_own_colour_on_a_terminal(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal = Terminal()
    output = Output(terminal, width=3)
    for name in ("web", "up", "web"):
        output.line(name, "x")
    first, second, third = terminal.getvalue().splitlines()
    assert first == third == "\033[36mweb │\033[0m x"
    assert second.startswith("\033[32m")


def test_it_goes_on_when_its_reader_has_gone():
    class Gone(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    Output(Gone()).line("web", "hello")

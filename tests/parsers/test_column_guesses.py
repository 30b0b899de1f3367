"""Which column a header is offered for, by what stands below it."""

from __future__ import annotations

from parsers.column_guesses import BY_HEADER, Guess, guessed_columns


def test_a_name_that_resembles_gives_way_to_values_of_another_kind() -> None:
    # Admin Dt resembles admin dose; a dose is no date.
    rows = [["2026-03-10", "8"], ["2026-03-11", "4"]]
    assert guessed_columns(["Admin Dt", "Admin Dos"], rows, {}, ["dose"]) == {"dose": Guess("Admin Dos", BY_HEADER)}


def test_a_station_is_no_action() -> None:
    assert guessed_columns(["Station", "Evt"], [["AIZ-1", "Given"], ["AIZ-1", "Stopped"]], {}, ["action"]) == {
        "action": Guess("Evt", "its values are action words")
    }


def test_a_name_counts_where_nothing_stands_below_it() -> None:
    assert guessed_columns(["Acton"], [], {}, ["action"]) == {"action": Guess("Acton", BY_HEADER)}


def test_words_of_a_language_nobody_knows_do_not_speak_against_the_name() -> None:
    rows = [["Angehängt"], ["Abgehängt"]]
    assert guessed_columns(["Actions"], rows, {}, ["action"]) == {"action": Guess("Actions", BY_HEADER)}


def test_three_of_five_known_words_are_mostly_known() -> None:
    rows = [[word] for word in ("Given", "Given", "Stopped", "Weiter", "Pausiert")]
    assert guessed_columns(["Was"], rows, {}, ["action"])["action"].header == "Was"
    assert guessed_columns(["Was"], rows[1:], {}, ["action"]) == {}


def test_one_column_of_an_action_log_may_hold_day_and_time() -> None:
    rows = [["Given", "2026-03-10 08:00"]]
    assert guessed_columns(["Evt", "Wann"], rows, {}, ["action", "time", "start"]) == {
        "action": Guess("Evt", "its values are action words"),
        "time": Guess("Wann", "its values are dates with a time"),
    }


def test_day_and_time_of_day_in_two_columns() -> None:
    rows = [["10.03.2026", "08:00"], ["23.03.2026", "09:00"]]
    found = guessed_columns(["Tag", "Uhr"], rows, {"action": "Action"}, ["time", "start"])
    assert found == {
        "time": Guess("Uhr", "its values are times of day"),
        "date": Guess("Tag", "its values are dates, the day first"),
    }

"""A new connection replaces the one that has waited longest, of the address with the most."""

from dataclasses import dataclass

import pytest

from tg_pipeline.webhook_server.admission import (
    LEAST_CONNECTIONS,
    MAX_CONNECTIONS,
    RESERVED_FILES,
    Admission,
    client_network,
    connection_limit,
)


@dataclass(eq=False)
class Connection:
    waiting_since: float
    is_working: bool = False
    is_aborted: bool = False

    def abort(self) -> None:
        self.is_aborted = True


def crowd(
    admission: Admission, address: str, *since: float, works: bool = False
) -> list[Connection]:
    connections = [Connection(each, works) for each in since]
    for each in connections:
        admission.add(each, address)
    return connections


def aborted(*connections: Connection) -> list[float]:
    return [each.waiting_since for each in connections if each.is_aborted]


def test_within_the_limits_nothing_is_closed() -> None:
    admission = Admission(limit=3, limit_per_address=2)
    connections = crowd(admission, "1.1.1.1", 1) + crowd(admission, "2.2.2.2", 2)

    assert admission.make_room("1.1.1.1")
    assert aborted(*connections) == []


def test_an_address_with_too_many_loses_its_own_oldest_and_nobody_elses() -> None:
    admission = Admission(limit=9, limit_per_address=2)
    other = crowd(admission, "2.2.2.2", 1)
    mine = crowd(admission, "1.1.1.1", 3, 2)

    assert admission.make_room("1.1.1.1")
    assert aborted(*mine, *other) == [2]


def test_if_there_are_too_many_the_address_with_the_most_loses_its_oldest() -> None:
    admission = Admission(limit=5, limit_per_address=4)
    few = crowd(admission, "1.1.1.1", 1, 2)
    many = crowd(admission, "2.2.2.2", 5, 4, 6)

    assert admission.make_room("3.3.3.3")
    assert aborted(*few, *many) == [4]


def test_a_request_in_progress_is_never_closed() -> None:
    admission = Admission(limit=4, limit_per_address=3)
    working = crowd(admission, "1.1.1.1", 1, 2, 3, works=True)
    waiting = crowd(admission, "2.2.2.2", 4)

    assert not admission.make_room("1.1.1.1")
    assert admission.make_room("3.3.3.3")
    admission.add(Connection(5, is_working=True), "3.3.3.3")
    assert not admission.make_room("4.4.4.4")
    assert aborted(*working, *waiting) == [4]


def test_a_connection_that_is_over_leaves_room() -> None:
    admission = Admission(limit=1, limit_per_address=1)
    (over,) = crowd(admission, "1.1.1.1", 1)

    admission.discard(over)
    admission.discard(over)

    assert admission.make_room("1.1.1.1")
    assert not over.is_aborted


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:9::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_a_client_with_many_addresses_of_ipv6_counts_once(address: str, network: str) -> None:
    assert client_network(address) == network


@pytest.mark.parametrize("open_files", [0, 256, 600, 1_024, 65_536])
def test_connections_leave_files_for_the_updates(open_files: int) -> None:
    limit = connection_limit(open_files)

    assert LEAST_CONNECTIONS <= limit <= MAX_CONNECTIONS
    assert limit == LEAST_CONNECTIONS or limit + RESERVED_FILES <= open_files

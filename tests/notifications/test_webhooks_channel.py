"""One call to an address from outside: what is refused, and what a receiver cannot do to us."""

from pathlib import Path

import pytest

from notifications.channels import webhooks
from notifications.channels.webhooks import Forbidden, Result, way_of
from tests import receiver
from tests.receiver import NAME, Receiver

NOWHERE = way_of(ports=[], networks=[], ca_file="")
INSIDE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "0.0.0.0",  # nothing listens here
    "255.255.255.255",
    "224.0.0.1",
    "240.0.0.1",
    "192.0.2.1",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::1",
    "2002:a9fe:a9fe::1",
    "2001:0:1::1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd00:ec2::254",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "not an address",
]


@pytest.fixture
def there(tmp_path: Path):
    with receiver.running(tmp_path) as running:
        yield running


def way(there: Receiver, *, networks: tuple[str, ...] = ("127.0.0.0/8",), ca: bool = True):
    ca_file = str(there.ca_file) if ca else ""
    return way_of(ports=[str(there.port)], networks=networks, ca_file=ca_file)


def call(there: Receiver, path: str = "/ok", *, resolver=receiver.here, **options) -> Result:
    allowed = options.pop("allowed", None) or way(there)
    url = options.pop("url", None) or there.url(path)
    return webhooks.post(
        url, headers={"webhook-id": "1"}, body=b"{}", way=allowed, resolver=resolver
    )


@pytest.mark.parametrize("address", INSIDE)
def test_nothing_inside_a_network_is_called(address):
    assert not webhooks.is_allowed(address, ())
    with pytest.raises(Forbidden):  # nor where another address of the name is a good one
        webhooks.checked(
            f"https://{NAME}/", NOWHERE, resolver=lambda _host: ["93.184.215.14", address]
        )


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "2606:2800:21f::1", "64:ff9b::5db8:d70e", "::ffff:93.184.215.14"]
)
def test_the_open_network_is_called(address):
    assert webhooks.is_allowed(address, ())
    found = webhooks.checked(f"https://{NAME}/a?b", NOWHERE, resolver=lambda _host: [address])
    assert found == ((NAME, 443, "/a?b"), address)


def test_a_network_that_is_listed_is_called_all_the_same():
    networks = way_of(ports=[], networks=["10.20.0.0/16", "fd12::/16"], ca_file="").networks
    assert webhooks.is_allowed("10.20.1.1", networks)
    assert webhooks.is_allowed("::ffff:10.20.1.1", networks)
    assert webhooks.is_allowed("fd12::1", networks)
    assert not webhooks.is_allowed("10.21.1.1", networks)


@pytest.mark.parametrize(
    "url",
    [
        "http://receiver.example.org/",
        "ftp://receiver.example.org/",
        "https:///nothing",
        "https://receiver.example.org:8443/",
        "https://receiver.example.org:99999/",
        "https://user:word@receiver.example.org/",
        "https://receiver.example.org/#part",
        "https://receiver.example.org/a b",
        "https://receiver.example.org/\r\nX-Other: 1",
        "https://receiver.example.org\\@10.0.0.1/",
        "https://exämple.org/",
        "https://under_score.example.org/",
        "https://[fe80::1%25eth0]/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://[::ffff:7f00:1]/",
    ],
)
def test_an_address_of_another_form_is_refused(url):
    with pytest.raises((Forbidden, OSError)):
        webhooks.checked(url, NOWHERE, resolver=lambda _host: ["127.0.0.1"])


def test_a_call_arrives_as_it_was_sent(there, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # nobody asks a proxy
    assert call(there) == Result("ok", 204, handed=True)
    [got] = there.calls
    assert (got.path, got.body) == ("/ok", b"{}")
    assert got.headers["host"] == f"{NAME}:{there.port}"
    assert got.headers["content-type"] == "application/json"
    assert got.headers["webhook-id"] == "1"


@pytest.mark.parametrize(
    ("path", "outcome", "status"),
    [
        ("/gone", "status", 410),
        ("/busy", "status", 503),
        ("/elsewhere", "redirect", 302),
        ("/large", "ok", 200),
        ("/large-head", "malformed", None),
        ("/nonsense", "malformed", None),
    ],
)
def test_what_a_receiver_answers_is_judged_by_its_head(there, path, outcome, status):
    found = call(there, path)
    assert found[:2] == (outcome, status)
    assert len(there.calls) == 1  # nobody follows
    assert (found.wait and found.wait.seconds) == (8 if path == "/busy" else None)


@pytest.mark.parametrize("path", ["/hangs", "/drips"])
def test_a_receiver_that_holds_us_is_left(there, path, monkeypatch):
    """Without the end for the whole call one of them would hold this test for ever."""
    monkeypatch.setattr(webhooks, "SECONDS", 0.5)
    assert call(there, path) == Result("timeout", handed=True)


def test_a_name_server_that_holds_us_is_left(there, monkeypatch):
    monkeypatch.setattr(webhooks, "CONNECT_SECONDS", 0.2)

    def hangs(_host: str) -> list[str]:
        there.release.wait(60)
        return ["127.0.0.1"]

    assert call(there, resolver=hangs) == Result("name")


def test_a_name_without_an_address_is_told(there):
    assert call(there, resolver=receiver.names()) == Result("name")


def test_what_does_not_listen_is_told(there, tmp_path):
    with receiver.running(tmp_path) as other:
        pass
    assert call(other) == Result("connect")


def test_the_certificate_must_be_that_of_the_name_and_from_somebody_trusted(there):
    assert call(there, allowed=way(there, ca=False)) == Result("tls")
    other = there.url(host="another.example.org")
    assert call(there, url=other) == Result("tls")
    assert call(there, url=there.url(host="127.0.0.1")).outcome == "ok"
    assert len(there.calls) == 1


def test_a_name_that_leads_elsewhere_later_is_judged_again(there):
    """Rebinding: good when it was written, inside when it is called."""
    answers = iter([["93.184.215.14"], ["127.0.0.1"]])
    closed = way(there, networks=())
    place, address = webhooks.checked(there.url(), closed, resolver=lambda _host: next(answers))
    assert (place.host, address) == (NAME, "93.184.215.14")
    found = call(there, allowed=closed, resolver=lambda _host: next(answers))
    assert found == Result("address")
    assert there.calls == []


def test_a_name_is_asked_for_once_and_the_judged_address_is_called(there):
    answers = iter([["127.0.0.1"]])  # a second question would end the test
    assert call(there, resolver=lambda _host: next(answers)).outcome == "ok"

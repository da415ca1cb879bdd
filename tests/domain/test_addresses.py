"""Addresses of clients, behind proxies that are trusted and others."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from zendesk_handoff.domain.addresses import UNKNOWN, client_address

TRUSTED = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        # Nobody but a trusted proxy is believed.
        ("192.0.2.1", ["198.51.100.7"], "192.0.2.1"),
        ("10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["8.8.8.8, 198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["8.8.8.8", "198.51.100.7"], "198.51.100.7"),
        # Two proxies in a row; and a client that has written one of them itself.
        ("10.0.0.1", ["198.51.100.7, 10.0.0.2"], "198.51.100.7"),
        ("10.0.0.1", ["198.51.100.7, 10.0.0.9, 203.0.113.5, 10.0.0.2"], "203.0.113.5"),
        ("10.0.0.1", ["10.0.0.3,10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", [], "10.0.0.1"),
        # What cannot be read ends the chain at the last one that could.
        ("10.0.0.1", ["198.51.100.7, unknown"], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.7:51234"], "198.51.100.7"),
        ("fd00::1", ["[2001:db8:1:2::7]:443"], "2001:db8:1:2::/64"),
        ("fd00::1", ["[2001:db8:1:2::7]"], "2001:db8:1:2::/64"),
        ("10.0.0.1", ["_hidden"], "10.0.0.1"),
        # IPv6: a customer's whole network is one address.
        ("2001:db8:1:2::7", [], "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", [], "2001:db8:1:2::/64"),
        ("fe80::1%eth0", [], "fe80::/64"),
        ("::ffff:192.0.2.1", [], "192.0.2.1"),
        ("::ffff:10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        # A Unix socket has no address.
        ("", ["198.51.100.7"], UNKNOWN),
        ("/run/bot.sock", [], UNKNOWN),
    ],
)
def test_the_address_of_a_client(peer, forwarded, expected):
    assert client_address(peer, forwarded, TRUSTED) == expected


def test_without_trusted_proxies_the_header_is_never_read():
    assert client_address("10.0.0.1", ["198.51.100.7"], ()) == "10.0.0.1"

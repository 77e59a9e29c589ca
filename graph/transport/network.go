package transport

import "net/netip"

// Network is what an address is counted by: an IPv4 address, or the /64 that a household gets of IPv6.
func Network(address netip.Addr) netip.Addr {
	address = address.Unmap()
	if address.Is4() {
		return address
	}
	prefix, err := address.WithZone("").Prefix(64)
	if err != nil {
		return address
	}
	return prefix.Addr()
}

// Private says whether an address is the machine's own, or of a network that the internet does not reach.
func Private(address netip.Addr) bool {
	return address.IsLoopback() || address.IsPrivate() || address.IsLinkLocalUnicast()
}

// networkOf is Network for an address as text; what is none is counted by itself.
func networkOf(from string) string {
	address, err := netip.ParseAddr(from)
	if err != nil {
		return from
	}
	return Network(address).String()
}

package web

import (
	"errors"
	"math"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"stampede/graph"
	"stampede/graph/transport"
)

// What a caller may ask a second where nobody has set it. These defaults leave private addresses alone: behind such a
// one is a proxy that nobody has named, the machine itself, or a test.
const (
	defaultPerShopper = 20
	defaultPerAddress = 500 // many shoppers may share one: a campus, a mobile network
)

// Guarding says how much one caller may ask, and who is asked on behalf of others.
type Guarding struct {
	// PerShopper and PerAddress are requests a second, of which the double may come at once; nil is the default, which
	// spares private addresses, and 0 no limit. An IPv6 address counts by its /64.
	PerShopper, PerAddress *int
	// TrustedProxies may say by X-Forwarded-For and X-Forwarded-Proto for whom they ask. Nobody else may.
	TrustedProxies []netip.Prefix
}

// Guard holds callers to their rates. Safe for concurrent use.
type Guard struct {
	trusted        []netip.Prefix
	shoppers       *meter[string]
	addresses      *meter[netip.Addr]
	spareShoppers  bool // those at private addresses
	spareAddresses bool

	overAddress, overShopper atomic.Int64 // how often each rate has refused
}

// NewGuard makes a Guard.
func NewGuard(g Guarding) *Guard {
	or := func(set *int, otherwise int) rate {
		if set == nil {
			return perSecond(otherwise)
		}
		return perSecond(*set)
	}
	return &Guard{
		trusted:  g.TrustedProxies,
		shoppers: newMeter[string](or(g.PerShopper, defaultPerShopper)), spareShoppers: g.PerShopper == nil,
		addresses: newMeter[netip.Addr](or(g.PerAddress, defaultPerAddress)), spareAddresses: g.PerAddress == nil,
	}
}

// Spares says whether an address may hold any number of connections: a private one, or a trusted proxy's.
func (g *Guard) Spares(address netip.Addr) bool {
	return transport.Private(address) || g.trusts(address)
}

// Admit counts an operation of a viewer (nil: anonymous) at an address, or says how long to wait.
func (g *Guard) Admit(address string, viewer *graph.Viewer) (wait time.Duration, ok bool) {
	from, _ := netip.ParseAddr(address)
	if wait, ok = g.admitAddress(from); !ok {
		return wait, false
	}
	return g.admitShopper(from, viewer)
}

func (g *Guard) admitAddress(from netip.Addr) (time.Duration, bool) {
	if g.addresses.rate.burst == 0 || g.spareAddresses && transport.Private(from) {
		return 0, true
	}
	wait, ok := g.addresses.admit(transport.Network(from))
	if !ok {
		g.overAddress.Add(1)
	}
	return wait, ok
}

func (g *Guard) admitShopper(from netip.Addr, viewer *graph.Viewer) (time.Duration, bool) {
	if viewer == nil || g.shoppers.rate.burst == 0 || g.spareShoppers && transport.Private(from) {
		return 0, true
	}
	wait, ok := g.shoppers.admit(viewer.ID)
	if !ok {
		g.overShopper.Add(1)
	}
	return wait, ok
}

func (g *Guard) trusts(address netip.Addr) bool {
	address = address.Unmap().WithZone("") // no prefix contains an address with a zone
	return slices.ContainsFunc(g.trusted, func(proxy netip.Prefix) bool { return proxy.Contains(address) })
}

// callerOf is who asks. What a trusted proxy says of it is believed, hop by hop from the nearest one; the request's
// RemoteAddr then names the caller.
func (g *Guard) callerOf(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	caller := peer.Addr().Unmap()
	if len(g.trusted) == 0 || !g.trusts(caller) {
		return caller
	}
	hops := strings.Split(strings.Join(r.Header["X-Forwarded-For"], ","), ",")
	for _, hop := range slices.Backward(hops) {
		address, err := readHop(strings.TrimSpace(hop))
		if err != nil {
			break
		}
		if caller = address; !g.trusts(caller) {
			break
		}
	}
	r.RemoteAddr = caller.String()
	return caller
}

func readHop(hop string) (netip.Addr, error) {
	if address, err := netip.ParseAddr(hop); err == nil {
		return address.Unmap(), nil
	}
	host, _, err := net.SplitHostPort(hop) // some proxies tell the port
	if err != nil {
		return netip.Addr{}, errors.New("no address")
	}
	address, err := netip.ParseAddr(host)
	return address.Unmap(), err
}

// secure says whether the caller came by TLS, to this server or to a trusted proxy.
func (g *Guard) secure(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	if len(g.trusted) == 0 || r.Header.Get("X-Forwarded-Proto") != "https" {
		return false
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && g.trusts(peer.Addr())
}

func refuseForNow(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	transport.Refuse(w, http.StatusTooManyRequests, "RATE_LIMITED",
		"Too many requests: wait for as long as Retry-After says.")
}

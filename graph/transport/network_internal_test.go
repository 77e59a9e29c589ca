package transport

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"

	"stampede/graph"
)

// TestAHouseholdIsOneAddress: it has all of a /64, and opens no more sockets for that.
func TestAHouseholdIsOneAddress(t *testing.T) {
	t.Parallel()
	s := open(t, newPipes(), func(o *Options, _ *graph.Resolver) { o.MaxSocketsFrom = 2 })
	reserve := func(from string) (by string, ok bool) {
		r := httptest.NewRequest(http.MethodGet, "/graphql", http.NoBody)
		r.RemoteAddr = from
		return s.sockets.reserve(httptest.NewRecorder(), r, s.exec)
	}
	var inside []string
	for from, want := range map[string]bool{"[2001:db8:0:1::1]:1": true, "[2001:db8:0:1:ffff::2]:1": true} {
		by, ok := reserve(from)
		assert.Equal(t, want, ok, from)
		inside = append(inside, by)
	}
	_, ok := reserve("[2001:db8:0:1::3]:1")
	assert.False(t, ok, "one more of the same /64")
	for _, from := range []string{"[2001:db8:0:2::1]:1", "192.0.2.1:1", "192.0.2.2:1"} {
		by, ok := reserve(from)
		assert.True(t, ok, from)
		inside = append(inside, by)
	}
	for _, by := range inside {
		s.sockets.release(by)
		s.sockets.served.Done()
	}
	assert.Empty(t, s.sockets.from)
}

// TestWhoIsPrivate may hold any number of sockets where nobody has said otherwise: it is a proxy, or a test.
func TestWhoIsPrivate(t *testing.T) {
	t.Parallel()
	for from, private := range map[string]bool{
		"127.0.0.1": true, "::1": true, "10.1.2.3": true, "::ffff:10.1.2.3": true, "fd00::1": true, "fe80::1%eth0": true,
		"a pipe": true, "192.0.2.1": false, "::ffff:192.0.2.1": false, "2001:db8::1": false,
	} {
		want := 1_000
		if private {
			want = 7
		}
		assert.Equal(t, want, Options{MaxSockets: 7}.maxSocketsFrom(from), from)
		if address, err := netip.ParseAddr(from); err == nil {
			assert.Equal(t, private, Private(address), from)
		}
	}
}

package transport //nolint:testpackage // its harness is the groups'

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestNobodyIsShownWhatIsTooOld: neither a sale by its id nor the current one.
func TestNobodyIsShownWhatIsTooOld(t *testing.T) {
	t.Parallel()
	s := open(t, tcp(t), nil)
	away := func(is bool) {
		s.feed.mu.Lock()
		defer s.feed.mu.Unlock()
		s.feed.away = is
	}
	away(true)
	c := s.enter(t, "")
	for _, text := range []string{watch, `subscription { stockChanged(saleId: "sale_1") { id } }`} {
		c.subscribe(t, "1", text, nil)
		m := c.next(t)
		assert.Equal(t, "error", m.Type, "%s", m.Payload)
		assert.Contains(t, string(m.Payload), `"UNAVAILABLE"`)
		c.alive(t)
		assert.Contains(t, s.stream(t, "", text, nil).event(t), `"UNAVAILABLE"`)
	}
	away(false)
	c.subscribe(t, "1", watch, nil)
	c.event(t, "1")
	assert.Equal(t, 1, s.groupsOf(), "and who comes again shares")
}

package web

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// identityProvider is a RoundTripper in the place of the network, so that time can pass as fast as the test wants: over
// a real connection the server's own tests ask.
type identityProvider struct {
	mu     sync.Mutex // guards what follows
	answer func() (int, string)
	asked  int
}

func (p *identityProvider) RoundTrip(*http.Request) (*http.Response, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	status, body := p.answer()
	if status == 0 {
		return nil, errors.New("unreachable")
	}
	return &http.Response{StatusCode: status, Status: http.StatusText(status), Body: io.NopCloser(strings.NewReader(body))}, nil
}

func (p *identityProvider) say(status int, body string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = func() (int, string) { return status, body }
}

func (p *identityProvider) times() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

// setOf is a JWKS with a key for each id.
func setOf(t *testing.T, ids ...string) string {
	t.Helper()
	var set jwkset.JWKSMarshal
	for _, id := range ids {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		require.NoError(t, err)
		public, err := jwkset.NewJWKFromKey(key.Public(), jwkset.JWKOptions{Metadata: jwkset.JWKMetadataOptions{KID: id}})
		require.NoError(t, err)
		set.Keys = append(set.Keys, public.Marshal())
	}
	text, err := json.Marshal(set)
	require.NoError(t, err)
	return string(text)
}

// TestKeysAsAStory: a provider comes late, rotates, goes away, talks nonsense, and comes back.
func TestKeysAsAStory(t *testing.T) {
	t.Parallel()
	first, second := setOf(t, "old"), setOf(t, "old", "new")
	third := setOf(t, "new")
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		provider := &identityProvider{}
		provider.say(0, "")
		k := newKeysOver(ctx, "https://id.example/keys", slog.New(slog.DiscardHandler), provider)
		knows := func(id string) bool {
			_, err := k.find(ctx, id)
			return err == nil
		}
		assert.False(t, knows("old"), "an unreachable provider lets nobody in")

		provider.say(http.StatusOK, first)
		pass(keysAgain)
		assert.True(t, knows("old"), "it is asked again by itself")
		asked := provider.times()
		for range 1000 {
			assert.False(t, knows("made up"))
		}
		assert.Equal(t, asked, provider.times(), "just asked: not for each token that makes one up")

		provider.say(http.StatusOK, second)
		pass(keysAgain)
		assert.True(t, knows("new"), "a new key is looked for when it appears")
		assert.True(t, knows("old"))

		for name, answer := range map[string]string{"no keys": `{"keys":[]}`, "another thing": `{}`, "no JSON": `<html>`, "a key of no use": `{"keys":[{"kty":"oct","kid":"x","k":"AAAA"}]}`} {
			provider.say(http.StatusOK, answer)
			pass(keysAgain)
			assert.False(t, knows("made up"), name)
			assert.True(t, knows("old"), name)
		}
		provider.say(0, "")
		pass(24 * time.Hour)
		assert.True(t, knows("old"), "signed-in shoppers stay so, however long it is away")
		assert.False(t, knows("made up"))

		provider.say(http.StatusOK, third)
		pass(keysEvery)
		assert.False(t, knows("old"), "a key that was taken back is forgotten")
		assert.True(t, knows("new"))
		stop()
	})
}

// pass lets time pass in a bubble.
func pass(d time.Duration) {
	time.Sleep(d + time.Millisecond) //nolint:forbidigo // a bubble's clock moves by it alone
	synctest.Wait()
}

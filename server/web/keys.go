package web

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/MicahParks/jwkset"
)

const (
	keysEvery    = 10 * time.Minute // between two looks at the provider's keys
	keysAgain    = 5 * time.Second  // after a look that failed, and between two for keys that nobody knows
	keysTimeout  = 5 * time.Second  // of a look
	keysPatience = 2 * time.Second  // of a request whose key is being looked for
	maxKeys      = 1 << 20          // bytes of a set
	minRSA       = 2048 / 8         // bytes of a modulus
)

var errUnknownKey = errors.New("no known key has this id")

// keys are the public keys of an identity provider. A look that fails, or finds nothing of use, leaves those that are
// known as they are: nobody is thrown out because the provider is away, and nobody is let in.
type keys struct {
	url    string
	client *http.Client
	log    *slog.Logger
	known  atomic.Pointer[map[string]any] // by their ids
	wanted chan struct{}                  // somebody has a key that nobody knows

	mu      sync.Mutex    // guards what follows
	looking chan struct{} // closes when the look that is under way, or the next one, is over
	busy    bool
	last    time.Time // when a look began
}

// newKeys looks for the keys once, and then in the background until ctx ends.
func newKeys(ctx context.Context, url string, log *slog.Logger) *keys {
	return newKeysOver(ctx, url, log, http.DefaultTransport.(*http.Transport).Clone()) //nolint:errcheck // it is one
}

func newKeysOver(ctx context.Context, url string, log *slog.Logger, over http.RoundTripper) *keys {
	k := &keys{
		url: url, client: &http.Client{Timeout: keysTimeout, Transport: over}, log: log,
		wanted: make(chan struct{}, 1), looking: make(chan struct{}),
	}
	k.known.Store(&map[string]any{})
	wait := k.look(ctx)
	go k.run(ctx, wait)
	return k
}

func (k *keys) run(ctx context.Context, wait time.Duration) {
	defer k.client.CloseIdleConnections()
	for {
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		case <-k.wanted:
			timer.Stop()
		}
		wait = k.look(ctx)
	}
}

// look asks the provider, and returns how long to wait for the next look.
func (k *keys) look(ctx context.Context) time.Duration {
	k.mu.Lock()
	k.busy, k.last = true, time.Now()
	k.mu.Unlock()
	found, err := k.fetch(ctx)
	wait := keysEvery
	if err == nil {
		k.known.Store(&found)
	} else {
		wait = keysAgain
		if ctx.Err() == nil {
			k.log.WarnContext(ctx, "could not read the JWKS; the keys that are known stay valid", "err", err)
		}
	}
	k.mu.Lock()
	k.busy = false
	close(k.looking)
	k.looking = make(chan struct{})
	k.mu.Unlock()
	return wait
}

func (k *keys) fetch(ctx context.Context) (map[string]any, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, k.url, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("ask for the JWKS: %w", err)
	}
	response, err := k.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask for the JWKS: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("ask for the JWKS: %s", response.Status)
	}
	var set jwkset.JWKSMarshal
	if err := json.NewDecoder(io.LimitReader(response.Body, maxKeys)).Decode(&set); err != nil {
		return nil, fmt.Errorf("read the JWKS: %w", err)
	}
	found := map[string]any{}
	for _, one := range set.Keys {
		read, err := jwkset.NewJWKFromMarshal(one, jwkset.JWKMarshalOptions{}, jwkset.JWKValidateOptions{})
		if err == nil && one.KID != "" && (one.USE == "" || one.USE == jwkset.UseSig) && usable(read.Key()) {
			found[one.KID] = read.Key()
		}
	}
	if len(found) == 0 {
		return nil, errors.New(
			"the JWKS holds no key of use: one that has a kid, and is of RSA with 2048 bits or more, P-256 or Ed25519")
	}
	return found, nil
}

// usable says whether a key is one of the kinds that tokens may be signed with, and strong enough.
func usable(key any) bool {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return key.Size() >= minRSA
	case *ecdsa.PublicKey:
		return key.Curve == elliptic.P256()
	case ed25519.PublicKey:
		return true
	default:
		return false
	}
}

// find is the key with this id. For one that nobody knows the provider is asked again, but not for each token that
// makes one up. Errors: errUnknownKey.
func (k *keys) find(ctx context.Context, id string) (any, error) {
	if key, ok := (*k.known.Load())[id]; ok {
		return key, nil
	}
	k.mu.Lock()
	looking := k.looking
	if !k.busy {
		if time.Since(k.last) < keysAgain {
			k.mu.Unlock()
			return nil, errUnknownKey
		}
		k.busy = true
		select {
		case k.wanted <- struct{}{}:
		default: // a look is asked for already
		}
	}
	k.mu.Unlock()
	patience := time.NewTimer(keysPatience)
	defer patience.Stop()
	select {
	case <-looking:
	case <-patience.C:
	case <-ctx.Done():
	}
	if key, ok := (*k.known.Load())[id]; ok {
		return key, nil
	}
	return nil, errUnknownKey
}

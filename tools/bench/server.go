package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"stampede/model"
	"stampede/server/pg"
	"stampede/server/sale"
	"stampede/tools/process"
)

const benchSecret = "a secret that only the benchmark knows"

// server is a server process of its own on a database.
type server struct {
	cmd   *exec.Cmd
	addr  string
	pprof string // where it serves its profiles
}

func startServer(ctx context.Context, binary, databaseURL string, args ...string) (*server, error) {
	addr, err := process.FreeAddress(ctx)
	if err != nil {
		return nil, err
	}
	pprof, err := process.FreeAddress(ctx)
	if err != nil {
		return nil, err
	}
	s := &server{addr: addr, pprof: pprof}
	s.cmd = exec.Command(binary, args...) //nolint:noctx,gosec // the server to measure; stop ends it
	s.cmd.Env = process.Environ("ADDR="+addr, "DATABASE_URL="+databaseURL, "AUTH_SECRET="+benchSecret,
		"LOG_LEVEL=error", "PPROF_ADDR="+pprof)
	s.cmd.Stderr = os.Stderr
	if err := process.Start(ctx, s.cmd, addr); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *server) stop() error { return process.Stop(s.cmd) }

// profile is one of the server's profiles.
func (s *server) profile(ctx context.Context, which string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.pprof+"/debug/pprof/"+which, http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the profile %s: %s", which, response.Status)
	}
	return io.ReadAll(response.Body)
}

// mintTokens makes tokens of n shoppers.
func mintTokens(n int) ([]string, error) {
	tokens := make([]string, n)
	expires := time.Now().Add(time.Hour).Unix()
	for i := range tokens {
		var err error
		tokens[i], err = jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
			"sub": fmt.Sprintf("shopper-%09d", i), "aud": "stampede", "scope": "shopper", "exp": expires,
		}).SignedString([]byte(benchSecret))
		if err != nil {
			return nil, err
		}
	}
	return tokens, nil
}

// soldOutSale makes a sale whose only unit is gone.
func soldOutSale(ctx context.Context, db *pg.DB) (model.SaleID, error) {
	store := sale.NewStore(db, nil, quiet())
	state, err := store.Create(ctx, "bench", model.Plan{
		Product: model.Product{SKU: "GONE", Name: "Gone"}, Stock: 1, StartsAt: time.Now().Add(-time.Minute),
	})
	if err != nil {
		return 0, err
	}
	_, err = store.Commit(ctx, state.ID, []model.Order{{ShopperID: "the lucky one"}})
	return state.ID, err
}

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/graph"
	"stampede/server/pg/pgtest"
	servers "stampede/tools/process"
)

// TestTheClientsFromNPM lets the real graphql-ws and graphql-sse talk to the server, in Node: testdata/clients.cjs says
// what they do.
func TestTheClientsFromNPM(t *testing.T) {
	t.Parallel()
	folder, err := filepath.Abs("../client")
	require.NoError(t, err)
	require.FileExists(t, filepath.Join(folder, "node_modules/graphql-ws/package.json"), "make test installs it")
	url := pgtest.URL(t)
	address, err := servers.FreeAddress(t.Context())
	require.NoError(t, err)
	h := openHouse(t, func(cfg *Config) { cfg.DatabaseURL, cfg.Addr = url, address })
	id := h.schedule(t, 5)
	// Good for ten seconds more, until which Node has to have started: the server allows clocks to be off by 30 s.
	brief, _, err := h.auth.Mint("ann", []graph.Scope{graph.ScopeShopper}, -20*time.Second)
	require.NoError(t, err)
	told, err := json.Marshal(map[string]string{
		"url": h.url, "client": folder, "saleId": id, "token": h.token(t, "ann"), "brief": brief, "bad": "not a token",
	})
	require.NoError(t, err)

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	node := exec.CommandContext(ctx, "node", "testdata/clients.cjs", string(told))
	node.Stderr = testLog{t}
	says, err := node.StdoutPipe()
	require.NoError(t, err)
	hears, err := node.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, node.Start(), "Node is needed")
	var last string
	for lines := bufio.NewScanner(says); lines.Scan(); {
		last = lines.Text()
		switch last {
		case "nobody watches":
			assert.Eventually(t, func() bool { return len(h.graphql.Watching()) == 0 }, waitLimit, tick)
		case "stop":
			require.NoError(t, h.Close())
		case "start":
			h = openHouse(t, func(cfg *Config) { cfg.DatabaseURL, cfg.Addr = url, address })
		case "sell":
			assert.Equal(t, "PurchaseSuccess", h.buy(t, "bob", id, "")["__typename"])
		}
		_, err := io.WriteString(hears, "done: "+last+"\n")
		if last != "all is well" {
			require.NoError(t, err)
		}
	}
	require.NoError(t, node.Wait())
	assert.Equal(t, "all is well", last)
}

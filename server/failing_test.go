package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	servers "stampede/tools/process"
)

// away is a database that nobody serves.
const away = "postgres://nobody@127.0.0.1:1/nothing"

// record is a line of the log.
type record map[string]any

// failing runs the server with settings that it cannot start with, and returns what it says on its standard error, line
// by line: all of it has to be what LOG_FORMAT=json asks for. The last one is why it ended.
func failing(t *testing.T, settings map[string]string, command ...string) []record {
	t.Helper()
	environ := []string{serveVariable + "=1", "LOG_FORMAT=json", "ADDR=127.0.0.1:0", "DATABASE_URL=" + away, "AUTH_SECRET=" + testSecret}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		environ = append(environ, name+"="+settings[name])
	}
	command = append(command, os.Args[0])
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
	cmd.Env = servers.Environ(environ...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	var exit *exec.ExitError
	require.ErrorAs(t, cmd.Run(), &exit)
	assert.Equal(t, 1, exit.ExitCode())
	var said []record
	for line := range bytes.Lines(stderr.Bytes()) {
		var r record
		require.NoError(t, json.Unmarshal(line, &r), "%s", line)
		said = append(said, r)
	}
	require.NotEmpty(t, said)
	return said
}

// TestWhyAStartFailedIsToldAsTheLogIs: a log shipper that is given JSON parses nothing else.
func TestWhyAStartFailedIsToldAsTheLogIs(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	for setting, c := range map[string]struct{ value, why string }{
		"MAX_WAITING":  {"many", "a whole number"},
		"LOG_LEVEL":    {"loud", "LOG_LEVEL must be"},
		"AUTH_SECRET":  {"", "set AUTH_SECRET or AUTH_JWKS_URL"},
		"ADDR":         {h.listener.Addr().String(), "listen on ADDR"},
		"DATABASE_URL": {away, "cannot reach the database"},
	} {
		t.Run(setting, func(t *testing.T) {
			t.Parallel()
			said := failing(t, map[string]string{setting: c.value})
			last := said[len(said)-1]
			assert.Equal(t, "ERROR", last["level"])
			assert.Contains(t, last["err"], c.why)
		})
	}
}

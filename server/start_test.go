package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/server/pg/pgtest"
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

// TestAStartWarnsOfWhatLooksLikeAMistake, by the names alone: what was misspelt may be a secret.
func TestAStartWarnsOfWhatLooksLikeAMistake(t *testing.T) {
	t.Parallel()
	const secret = "this is the value of what was misspelt"
	said := failing(t, map[string]string{"AUTH_SECRET": "", "AUTH_SECERT": secret, "MAX_CONECTIONS": "7"})
	var warned []string
	for _, r := range said {
		assert.NotContains(t, fmt.Sprint(r), secret)
		if r["level"] == "WARN" {
			warned = append(warned, fmt.Sprint(r["variable"], " ", r["setting"]))
		}
	}
	assert.ElementsMatch(t, []string{"AUTH_SECERT AUTH_SECRET", "MAX_CONECTIONS MAX_CONNECTIONS"}, warned)
	assert.Contains(t, said[len(said)-1]["err"], "set AUTH_SECRET", "it is told beside what it has led to")
}

func TestMisspeltSettings(t *testing.T) {
	t.Parallel()
	for variable, setting := range map[string]string{
		"DATABSE_URL": "DATABASE_URL", "DATABASE_URI": "DATABASE_URL", "LOGLEVEL": "LOG_LEVEL", "METRIC_ADDRESS": "",
		"TRUSTED_PROXY": "", "TRUSTED_PROXYS": "TRUSTED_PROXIES", "DEMOS": "DEMO", "ADR": "ADDR", "SIGNIN_URL": "SIGN_IN_URL",
		// These are of others, or ours as they are.
		"HOME": "", "TERM": "", "PATH": "", "USER": "", "MODE": "", "AD": "", "DATABASE": "", "LOGNAME": "", "DATE": "", "": "",
		"XDG_DATA_DIRS": "", "POSTGRES_DB": "", "PGDATA": "", "GOGC": "", "MAX_WAITING": "", "DATABASE_URL": "",
	} {
		var want []typo
		if setting != "" {
			want = []typo{{variable, setting}}
		}
		assert.Equal(t, want, misspelt([]string{variable + "=value"}), variable)
	}
	var settings []string
	for _, name := range settingNames() {
		settings = append(settings, name+"=")
	}
	assert.Empty(t, misspelt(settings))
}

// TestAStartWarnsOfTooFewFileDescriptors: the crowd would find out.
func TestAStartWarnsOfTooFewFileDescriptors(t *testing.T) {
	t.Parallel()
	const limited = `ulimit -n 1000 && exec "$0"`
	for _, c := range []struct {
		connections, database string
		want                  []any
	}{
		{"901", away, []any{1001.0, 1000.0}},
		{"900", away, nil},
		{"700", away + "?pool_max_conns=217", []any{1001.0, 1000.0}},
		{"700", away + "?pool_max_conns=216", nil},
	} {
		var got []any
		settings := map[string]string{"MAX_CONNECTIONS": c.connections, "DATABASE_URL": c.database}
		for _, r := range failing(t, settings, "sh", "-c", limited) {
			if r["level"] == "WARN" {
				got = append(got, r["needed"], r["limit"])
			}
		}
		assert.Equal(t, c.want, got, "%s, %s", c.connections, c.database)
	}
}

// toMigrate are the settings of a server on a database to be migrated, by an owner of its own or by who serves.
func toMigrate(t *testing.T, url string, owned bool) Config {
	t.Helper()
	cfg := Config{
		Addr: "127.0.0.1:0", AuthSecret: testSecret, AuthAudience: "stampede", LogLevel: "info", LogFormat: "text",
		DatabaseURL: url, Connections: 1, Waiting: 1,
	}
	if owned {
		cfg.OwnerURL, cfg.DatabaseURL = url, pgtest.Serving(t, url)
	}
	return cfg
}

// TestAStartTellsWhatItMigrated, with an owner and without one; the next start has nothing to tell.
func TestAStartTellsWhatItMigrated(t *testing.T) {
	t.Parallel()
	for name, owned := range map[string]bool{"by the owner": true, "by who serves": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := toMigrate(t, pgtest.EmptyURL(t), owned)
			for want := 1; want >= 0; want-- {
				said := saidAtStart(t, cfg)
				assert.Equal(t, want, strings.Count(said, "migrated the database"), "%s", said)
			}
		})
	}
}

// lines carries what a log says, a line at a time.
type lines chan string

func (l lines) Write(line []byte) (int, error) {
	l <- string(line)
	return len(line), nil
}

// migrating is another server's connection, which migrates the database that url names until it is closed.
func migrating(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	another, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, another.Close(context.Background())) })
	_, err = another.Exec(t.Context(), `SELECT pg_advisory_lock($1)`, int64(0x7374616d70656465)) // "stampede"
	require.NoError(t, err)
	return another
}

// TestAStartHasTimeForMigrations, and for those that another server makes: one that builds an index takes minutes.
func TestAStartHasTimeForMigrations(t *testing.T) {
	t.Parallel()
	for name, owned := range map[string]bool{"by the owner": true, "by who serves": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := pgtest.EmptyURL(t)
			another := migrating(t, url)
			cfg := toMigrate(t, url, owned)
			said := make(lines, 100)
			log, err := cfg.logger(said)
			require.NoError(t, err)
			started := make(chan error, 1)
			go func() {
				app, err := NewApp(t.Context(), cfg, log)
				if err == nil {
					err = app.Close()
				}
				started <- err
			}()
			waits := regexp.MustCompile(`msg="waiting for another server to migrate" at_most=(\S+)`)
			var found []string
			for found == nil {
				select {
				case line := <-said:
					found = waits.FindStringSubmatch(line)
				case err := <-started:
					require.Fail(t, "it did not wait", "%v", err)
				}
			}
			atMost, err := time.ParseDuration(found[1])
			require.NoError(t, err)
			assert.Greater(t, atMost, 10*time.Minute)
			require.NoError(t, another.Close(t.Context()))
			require.NoError(t, <-started)
		})
	}
}

// TestAStartThatIsToldToStopDoesSo: who asked for that is told of no failure.
func TestAStartThatIsToldToStopDoesSo(t *testing.T) {
	t.Parallel()
	url := pgtest.EmptyURL(t)
	migrating(t, url)
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = servers.Environ(serveVariable+"=1", "ADDR=127.0.0.1:0", "DATABASE_URL="+url, "AUTH_SECRET="+testSecret)
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	last := ""
	for said := bufio.NewScanner(stderr); said.Scan(); {
		if last = said.Text(); strings.Contains(last, "waiting for another server to migrate") {
			require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
		}
	}
	assert.NoError(t, cmd.Wait(), last)
	assert.Contains(t, last, "stopped before it served")
}

// saidAtStart is the log of a server that starts and stops.
func saidAtStart(t *testing.T, cfg Config) string {
	t.Helper()
	var said bytes.Buffer
	log, err := cfg.logger(&said)
	require.NoError(t, err)
	app, err := NewApp(t.Context(), cfg, log)
	require.NoError(t, err)
	require.NoError(t, app.Close())
	return said.String()
}

// TestAStartWarnsOfADatabaseThatMayForget: the tests' own is meant to be thrown away. What the server can see to itself it
// does, unless the URL says otherwise.
func TestAStartWarnsOfADatabaseThatMayForget(t *testing.T) {
	t.Parallel()
	cfg := Config{
		Addr: "127.0.0.1:0", AuthSecret: testSecret, AuthAudience: "stampede", LogLevel: "warn", LogFormat: "text",
		DatabaseURL: pgtest.URL(t), Connections: 1, Waiting: 1,
	}
	const told = `level=WARN msg="PostgreSQL is set so that confirmed purchases can be lost: set this to on" setting=`
	for url, want := range map[string][]string{
		cfg.DatabaseURL: {"fsync", "full_page_writes"},
		cfg.DatabaseURL + "&synchronous_commit=off": {"fsync", "full_page_writes", "synchronous_commit"},
	} {
		cfg.DatabaseURL = url
		said := saidAtStart(t, cfg)
		assert.Equal(t, len(want), strings.Count(said, "level=WARN"), "%s", said)
		for _, setting := range want {
			assert.Contains(t, said, told+setting+"\n")
		}
	}
}

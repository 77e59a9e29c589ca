package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/stress/load"
)

// TestWhoseTokens plays with demo sign-in, and with a file of tokens.
func TestWhoseTokens(t *testing.T) {
	t.Parallel()
	address := openWrong(t, none, 1)[0]
	args := []string{"run", "rush", "-shoppers", "5", "-stock", "2", "-watchers", "0", "-report", "-", "-target", address}

	code, said, complained := terminal(t, append(args, "-demo", "-operator-token", "an operator's")...)
	assert.Equal(t, exitKept, code, complained)
	assert.Contains(t, said, "2 of 2 sold")

	lines := ""
	for _, payload := range []string{`eyJzdWIiOiJvIiwic2NvcGUiOiJvcGVyYXRvciJ9`, "eyJzdWIiOiJhIn0", "eyJzdWIiOiJiIn0", "eyJzdWIiOiJjIn0"} {
		lines += "e30." + payload + ".x\n" // {"sub":"o","scope":"operator"}, then a, b and c
	}
	file := filepath.Join(t.TempDir(), "tokens")
	require.NoError(t, os.WriteFile(file, []byte(lines), 0o600))
	code, _, complained = terminal(t, append(args, "-tokens", file)...)
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, complained, "rush brings 5 shoppers, and there are tokens of 3")
	code, said, complained = terminal(t, append(args, "-tokens", file, "-shoppers", "3")...)
	assert.Equal(t, exitKept, code, complained)
	assert.Contains(t, said, "2 of 2 sold")

	for again, want := range map[string]string{
		"eyJzdWIiOiJhIn0": `line 5 of ` + file + `: "a" has a token on line 2 already`,
		"e30":             "line 5 of " + file + ": it names nobody",
	} {
		require.NoError(t, os.WriteFile(file, []byte(lines+"e30."+again+".y\n"), 0o600))
		code, _, complained = terminal(t, append(args, "-tokens", file, "-shoppers", "4")...)
		assert.Equal(t, exitFailed, code, "two who are one cannot be judged")
		assert.Contains(t, complained, want)
	}
}

// TestWhoseLag is a second between several targets, and none with one, unless somebody says otherwise.
func TestWhoseLag(t *testing.T) {
	t.Parallel()
	rush, err := scenario("rush")
	require.NoError(t, err)
	given := 3 * time.Second
	lag := func(targets int, flag *time.Duration) time.Duration {
		c := runCommand{
			Target: slices.Repeat([]string{"http://127.0.0.1:1"}, targets), AuthSecret: "s", Seed: 1, Lag: flag,
		}
		cfg, err := c.config(t.Context(), rush)
		require.NoError(t, err)
		return cfg.Lag
	}
	assert.Zero(t, lag(1, nil))
	assert.Equal(t, time.Second, lag(2, nil))
	assert.Equal(t, given, lag(1, &given))
	assert.Equal(t, given, lag(2, &given))
	assert.Zero(t, lag(2, new(time.Duration)))

	code, _, complained := terminal(t, "run", "rush", "-lag", "soon")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, complained, "--lag")
}

// TestMoreConnectionsThanThereCanBe are refused before the first is opened, and not one by one as the server's fault.
func TestMoreConnectionsThanThereCanBe(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]int{
		"rush": 10_050, "steady": 420, "ramp": 1000, "one-shopper": 1005, "mixed": 24, "freeze": 1620,
	} {
		played, err := scenario(name)
		require.NoError(t, err)
		cfg := &load.Config{Scenario: played}
		cfg.Defaults()
		require.NoError(t, fits(cfg, uint64(want)), name)
		require.EqualError(t, fits(cfg, uint64(want-1)), fmt.Sprintf(
			"%s opens %d connections, and a program may open %d files here: ulimit -n raises that", name, want, want-1))
	}
}

// TestAShopperWhoIsTurnedAway is found out before there is a sale, and not when nobody has any patience left.
func TestAShopperWhoIsTurnedAway(t *testing.T) {
	t.Parallel()
	shop := &wrongShop{stranger: "a"}
	file := filepath.Join(t.TempDir(), "tokens")
	require.NoError(t, os.WriteFile(file, []byte("e30.eyJzdWIiOiJhIn0.x"), 0o600)) // {"sub":"a"}
	code, _, complained := terminal(t, "run", "rush", "-shoppers", "1", "-target", openShop(t, shop, 1)[0],
		"-tokens", file, "-operator-token", "an operator's", "-patience", "200ms", "-report", "-")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, complained, "asked with a shopper's token: the server answers 401 INVALID_TOKEN: no\n")
	shop.mu.Lock()
	defer shop.mu.Unlock()
	assert.Zero(t, shop.sale)
}

func TestWhatIsAskedWrongly(t *testing.T) {
	t.Parallel()
	shopper := filepath.Join(t.TempDir(), "tokens")
	require.NoError(t, os.WriteFile(shopper, []byte("e30.eyJzdWIiOiJhIn0.x"), 0o600))
	dead := "http://127.0.0.1:1/graphql"
	for want, args := range map[string][]string{
		`there is no scenario "rash"`:     {"run", "rash", "-target", dead},
		"whose tokens?":                   {"run", "rush", "-target", dead},
		"is not an address like":          {"run", "rush", "-target", "ftp://x"},
		"are never sent":                  {"run", "rush", "-target", "http://ann:hush@127.0.0.1:1/graphql"},
		"an operator's token is needed":   {"run", "one-shopper", "-target", dead, "-tokens", shopper},
		"does not answer":                 {"run", "rush", "-target", dead, "-auth-secret", "s", "-shoppers", "1"},
		"-seed and -repeat are 1 or more": {"run", "rush", "-target", dead, "-seed", "0"},
		"goes beyond the last seed, 18446744073709551615": {
			"run", "rush", "-target", dead, "-auth-secret", "s", "-seed", "18446744073709551615", "-repeat", "2",
		},
		"there is no nowhere/stampede": {"run", "rush", "-server", "nowhere/stampede"},
		"-servers is from 1 to 3":      {"run", "rush", "-servers", "4"},
		"say one of them":              {"run", "rush", "-target", dead, "-servers", "2"},
		"expected one of":              {},
		"stress: the database cannot be reached": {
			"run", "rush", "-target", dead, "-auth-secret", "s", "-database", "postgres://nobody@127.0.0.1:1/none",
		},
		"perhaps try --lag=\"-1s\"": {"run", "rush", "-target", dead, "-lag", "-1s"},
		"more shoppers than the":    {"run", "steady", "-target", dead, "-auth-secret", "s", "-rate", "1e18"},
		"rush has no -rate":         {"run", "rush", "-target", dead, "-rate", "5"},
		"rush has no -duration":     {"run", "rush", "-target", dead, "-duration", "1s"},
		"rush has no -clients":      {"run", "rush", "-target", dead, "-clients", "5"},
		"steady has no -operations": {"run", "steady", "-target", dead, "-operations", "5"},
		"rush has no -crash":        {"run", "rush", "-target", dead, "-crash", "true"},
		"crash has no -freeze":      {"run", "crash", "-target", dead, "-crash", "true", "-freeze", "true"},
		"steady has no -shoppers":   {"run", "steady", "-target", dead, "-shoppers", "5"},
	} {
		code, _, complained := terminal(t, args...)
		assert.Equal(t, exitFailed, code, want)
		assert.Contains(t, complained, want)
	}
	for want, flags := range map[string][]string{
		" is a number, 0 or more": {
			"rate=NaN", "rate=Inf", "watchers=-1", "lag=-1s", "linear-limit=-1",
		},
		" is more than 0": {
			"shoppers=-1", "stock=0", "rate=0", "rate=-1", "duration=0s", "connections=0", "clients=0", "operations=-1",
			"timeout=0s", "patience=-1s", "max-late=0s", "watch-limit=0s", "search-limit=0s",
		},
		" is 1m0s at the most": {"lag=1h"},
	} {
		for _, flag := range flags {
			code, _, complained := terminal(t, "run", "rush", "-target", dead, "-auth-secret", "s", "--"+flag)
			assert.Equal(t, exitFailed, code, flag)
			name, _, _ := strings.Cut(flag, "=")
			assert.Contains(t, complained, "stress: -"+name+want, flag)
		}
	}
	code, said, _ := terminal(t, "list")
	assert.Equal(t, exitKept, code)
	assert.Equal(t, 13, strings.Count(said, "\n"), "a line for each scenario")
	for _, args := range [][]string{{"run", "-help"}, {"help", "run"}} {
		code, said, _ = terminal(t, args...)
		assert.Equal(t, exitKept, code)
		assert.Contains(t, said, "--auth-secret")
	}
	code, said, _ = terminal(t, "help")
	assert.Equal(t, exitKept, code)
	assert.Contains(t, said, "compare ")
}

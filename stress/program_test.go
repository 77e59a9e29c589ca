package main

import (
	"bytes"
	"context"
	"encoding/xml"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/stress/judge"
	"stampede/stress/report"
)

// terminal runs the program and returns its exit code and what it wrote.
func terminal(t *testing.T, args ...string) (code int, said, complained string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), args, &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(text)
}

// says is for pages: a test that fails need not print them whole.
func says(page, text string) bool { return strings.Contains(page, text) }

func TestWhatIsWrittenDown(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	good, bad := filepath.Join(dir, "good"), filepath.Join(dir, "bad")
	for base, planted := range map[string]bug{good: none, bad: oversells} {
		args := append([]string{"run"}, small["rush"]...)
		terminal(t, append(args, "-target", openWrong(t, planted, 1)[0], "-auth-secret", "hush, a secret",
			"-database-query", "SELECT '1', $1", "-report", base+".html", "-json", base+".json", "-junit", base+".xml")...)
	}

	t.Run("the report is one file", func(t *testing.T) {
		t.Parallel()
		page := html.UnescapeString(read(t, good+".html"))
		has := func(text string) bool { return says(page, text) }
		assert.True(t, has("Every promise was kept."))
		assert.True(t, has("bin/stress run rush -shoppers 200 ") && has(" -seed 1</pre>"), "how to run it again")
		assert.True(t, has(`-database-query 'SELECT '\''1'\'', $1' `), "by a shell")
		assert.False(t, has("hush"), "no secret")
		assert.False(t, has("ZgotmplZ"), "no value that the template refused")
		assert.False(t, has("url("))
		for _, link := range regexp.MustCompile(`(?:src|href)="([^"]{0,8})`).FindAllStringSubmatch(page, -1) {
			assert.True(t, strings.HasPrefix(link[1], "data:"), link[0])
		}
		assert.Greater(t, strings.Count(page, "<svg"), 5)
		assert.True(t, says(read(t, bad+".html"), "promises are broken."))
	})

	t.Run("junit", func(t *testing.T) {
		t.Parallel()
		var suite struct {
			Tests    int `xml:"tests,attr"`
			Failures int `xml:"failures,attr"`
			Cases    []struct {
				Name    string    `xml:"name,attr"`
				Failure *struct{} `xml:"failure"`
			} `xml:"testcase"`
		}
		require.NoError(t, xml.Unmarshal([]byte(read(t, bad+".xml")), &suite))
		assert.Len(t, suite.Cases, suite.Tests)
		failed := 0
		for _, c := range suite.Cases {
			if c.Failure != nil {
				failed++
			}
			if c.Name == judge.NeverOversold {
				assert.NotNil(t, c.Failure)
			}
		}
		assert.Equal(t, suite.Failures, failed)
	})

	t.Run("compare", func(t *testing.T) {
		t.Parallel()
		code, said, _ := terminal(t, "compare", good+".json", bad+".json")
		assert.Equal(t, exitBroken, code, "the later run broke a promise")
		assert.Contains(t, said, "broken now: Never more units are sold than there are. (never-oversold)")
		assert.Regexp(t, `sold +40 +41 +1\.02`, said)
		code, said, _ = terminal(t, "compare", bad+".json", good+".json")
		assert.Equal(t, exitKept, code)
		assert.Contains(t, said, "kept now: Never more")
		code, _, complained := terminal(t, "compare", good+".json", good+".xml")
		assert.Equal(t, exitFailed, code)
		assert.Contains(t, complained, "was not written by stress run -json")
	})
}

// TestAReportThatCannotBeWritten costs neither the verdict nor the other files.
func TestAReportThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	for planted, want := range map[bug]int{none: exitFailed, oversells: exitBroken} {
		dir := t.TempDir()
		file, noFolder := filepath.Join(dir, "run.json"), filepath.Join(dir, "a file")
		require.NoError(t, os.WriteFile(noFolder, nil, 0o600))
		args := append([]string{"run"}, small["rush"]...)
		code, said, complained := terminal(t, append(args, "-target", openWrong(t, planted, 1)[0], "-auth-secret", "s",
			"-report", filepath.Join(noFolder, "run.html"), "-json", file)...)
		assert.Equal(t, want, code)
		assert.Contains(t, said, "Nobody gets two.")
		assert.NotContains(t, said, "The report:")
		assert.Contains(t, complained, "stress: ")
		assert.Contains(t, complained, noFolder)
		assert.FileExists(t, file)
	}
}

// TestCtrlCStillWritesTheReport interrupts a long run once something has been sold.
func TestCtrlCStillWritesTheReport(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ctx, interrupt := context.WithCancel(t.Context())
	address := openShop(t, &wrongShop{onSale: func(n int) {
		if n == 20 {
			interrupt()
		}
	}}, 1)[0]
	var stdout, stderr bytes.Buffer
	code := run(ctx, []string{
		"run", "steady", "-rate", "500", "-duration", "10m", "-connections", "20", "-target", address,
		"-auth-secret", "s", "-report", filepath.Join(dir, "run.html"), "-json", filepath.Join(dir, "run.json"),
	}, &stdout, &stderr)
	assert.Equal(t, exitBroken, code, "it cannot say that all is well")
	result, err := report.Read(filepath.Join(dir, "run.json"))
	require.NoError(t, err, &stderr)
	assert.True(t, result.Interrupted)
	assert.Empty(t, brokenIn(result), &stdout)
	assert.GreaterOrEqual(t, result.Summary.Sold, 20)
	assert.True(t, says(read(t, filepath.Join(dir, "run.html")), "Interrupted."))
}

// TestCtrlCAfterTheLoad interrupts the first of several runs when all that is left is to read its list.
func TestCtrlCAfterTheLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ctx, interrupt := context.WithCancel(t.Context())
	address := openShop(t, &wrongShop{onList: interrupt}, 1)[0]
	args := []string{
		"run", "rush", "-shoppers", "10", "-stock", "5", "-watchers", "0", "-repeat", "3", "-target", address,
		"-auth-secret", "s", "-report", "-", "-json", filepath.Join(dir, "run.json"),
	}
	var stdout, stderr bytes.Buffer
	assert.Equal(t, exitBroken, run(ctx, args, &stdout, &stderr))
	result, err := report.Read(filepath.Join(dir, "run.json"))
	require.NoError(t, err, &stderr)
	assert.True(t, result.Interrupted)
	assert.Equal(t, 5, result.Summary.Sold)
	assert.Contains(t, stdout.String(), "   1 of 3 ")

	stderr.Reset()
	assert.Equal(t, exitBroken, run(ctx, args, &stdout, &stderr), "before there is anything")
	assert.Contains(t, stderr.String(), "interrupted before there was a sale")
}

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
		"there is no nowhere/stampede":    {"run", "rush", "-server", "nowhere/stampede"},
		"-servers is from 1 to 3":         {"run", "rush", "-servers", "4"},
		"say one of them":                 {"run", "rush", "-target", dead, "-servers", "2"},
		"expected one of":                 {},
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
			"shoppers=-1", "stock=-1", "rate=-1", "rate=NaN", "rate=Inf", "duration=-1s", "connections=-1", "watchers=-1",
			"clients=-1", "operations=-1", "lag=-1s", "linear-limit=-1",
		},
		" is more than 0": {"timeout=0s", "patience=-1s", "max-late=0s", "watch-limit=0s", "search-limit=0s"},
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

// TestAServerOfOurOwnIsNotTheShells: what the shell has for another server stays there, and the limits are kept.
func TestAServerOfOurOwnIsNotTheShells(t *testing.T) {
	t.Parallel()
	own := &server{folder: "f", secret: "s"}
	shell := []string{
		"PATH=p", "RATE_PER_ADDRESS=9", "ADDR=old", "DATA_DIR=d", "DATABASE_URL=u", "DATABASE_OWNER_URL=o", "METRICS_ADDR=m",
		"AUTH_JWKS_URL=j", "AUTH_ISSUER=i", "AUTH_AUDIENCE=a", "AUTH_SECRET=old", "AUTH_SECRET_PREVIOUS=older",
	}
	for _, database := range []string{"DATA_DIR=f", "DATABASE_URL=" + own.database()} {
		cmd := exec.Command("server")
		cmd.Env = own.settings(shell, "a:1", database)
		assert.ElementsMatch(t, []string{
			"PATH=p", "RATE_PER_ADDRESS=9", "ADDR=a:1", database, "DEMO=true", "AUTH_SECRET=s", "LOG_LEVEL=warn",
		}, cmd.Environ())
	}
}

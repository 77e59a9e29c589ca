package main

import (
	"bytes"
	"context"
	"encoding/xml"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

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
		tables := strings.Count(page, "<table")
		assert.Positive(t, tables)
		assert.Equal(t, tables, strings.Count(page, `<div class="scroll"><table`), "on a phone they are wider than the page")
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
		shop := &wrongShop{bug: planted, onSale: func(n int) {
			if n == 1 { // until now it was a folder
				assert.NoError(t, os.Remove(noFolder))
				assert.NoError(t, os.WriteFile(noFolder, nil, 0o600))
			}
		}}
		args := append([]string{"run"}, small["rush"]...)
		code, said, complained := terminal(t, append(args, "-target", openShop(t, shop, 1)[0], "-auth-secret", "s",
			"-report", filepath.Join(noFolder, "run.html"), "-json", file)...)
		assert.Equal(t, want, code)
		assert.Contains(t, said, "Nobody gets two.")
		assert.NotContains(t, said, "The report:")
		assert.Contains(t, complained, "stress: ")
		assert.Contains(t, complained, noFolder)
		assert.FileExists(t, file)
	}
}

// TestAReportThatCouldNotBeWrittenIsNotPlayedFor: it is noticed before there is a sale. And what an earlier run has written
// stays until a later one has been played.
func TestAReportThatCouldNotBeWrittenIsNotPlayedFor(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	earlier := filepath.Join(dir, "run.html")
	require.NoError(t, os.WriteFile(earlier, []byte("an earlier one"), 0o600))
	shop := &wrongShop{}
	target := openShop(t, shop, 1)[0]
	for _, flag := range []string{"-report", "-json", "-junit"} {
		for _, name := range []string{filepath.Join(earlier, "run"), dir} {
			code, said, complained := terminal(t,
				"run", "rush", "-target", target, "-auth-secret", "s", "-report", earlier, flag, name)
			assert.Equal(t, exitFailed, code)
			assert.Empty(t, said)
			assert.Contains(t, complained, "stress: "+name+" could not be written: ")
		}
	}
	shop.mu.Lock()
	assert.Zero(t, shop.sale)
	shop.mu.Unlock()

	numbers := filepath.Join(dir, "a folder", "run.json")
	code, _, complained := terminal(t, "run", "rush", "-target", "http://127.0.0.1:1/graphql", "-auth-secret", "s",
		"-report", earlier, "-json", numbers)
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, complained, "does not answer")
	assert.Equal(t, "an earlier one", read(t, earlier))
	assert.NoFileExists(t, numbers)
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

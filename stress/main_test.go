package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/stress/judge"
	"stampede/stress/report"
)

// play runs the program like a stranger at a terminal, and returns what it decided.
func play(t *testing.T, addresses []string, args ...string) (*report.Result, int, string) {
	t.Helper()
	dir := t.TempDir()
	numbers := filepath.Join(dir, "run.json")
	all := append([]string{"run"}, args...)
	switch args[0] {
	case "crash":
		all = append(all, "-crash", crashCommand(t, addresses[0]))
	case "freeze":
		all = append(all, "-freeze", "sleep 1") // a stall of nobody
	}
	all = append(all, "-target", strings.Join(addresses, ","), "-auth-secret", "of no importance", "-json", numbers,
		"-watch-limit", "2s",
		"-report", filepath.Join(dir, "run.html"), "-junit", filepath.Join(dir, "run.xml"))
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), all, &stdout, &stderr)
	require.Less(t, code, exitFailed, "%s%s", &stderr, &stdout)
	result, err := report.Read(numbers)
	require.NoError(t, err)
	return result, code, stdout.String()
}

func brokenIn(r *report.Result) []string {
	var names []string
	for _, p := range r.Promises {
		if p.Broken > 0 {
			names = append(names, p.Name)
		}
	}
	return names
}

// small are the scenarios, as small as finds what there is to find.
var small = map[string][]string{
	"rush":               {"rush", "-shoppers", "200", "-stock", "40", "-watchers", "5"},
	"steady":             {"steady", "-rate", "400", "-duration", "500ms", "-connections", "20", "-watchers", "3"},
	"ramp":               {"ramp", "-rate", "50", "-duration", "20ms", "-connections", "20", "-watchers", "0"},
	"one-shopper":        {"one-shopper", "-operations", "100"},
	"retries":            {"retries", "-rate", "200", "-duration", "500ms", "-connections", "20", "-watchers", "3"},
	"window":             {"window", "-rate", "200", "-duration", "300ms", "-connections", "20", "-watchers", "3"},
	"restock":            {"restock", "-rate", "400", "-duration", "1s", "-stock", "20", "-connections", "8", "-watchers", "3"},
	"pause":              {"pause", "-rate", "400", "-duration", "1s", "-connections", "8", "-watchers", "3"},
	"crash":              {"crash", "-rate", "200", "-duration", "500ms", "-connections", "20", "-watchers", "3"},
	"freeze":             {"freeze", "-rate", "200", "-duration", "500ms", "-connections", "20", "-watchers", "3"},
	"watchers":           {"watchers", "-rate", "200", "-duration", "500ms", "-watchers", "50", "-connections", "20"},
	"clients-that-leave": {"clients-that-leave", "-rate", "200", "-duration", "500ms", "-connections", "20", "-watchers", "6"},
	"mixed":              {"mixed", "-clients", "8", "-operations", "60"},
}

// TestEveryPlantedBugIsFound is why anybody should believe this program: each mistake is found by the promise that it
// breaks.
func TestEveryPlantedBugIsFound(t *testing.T) {
	t.Parallel()
	for planted, by := range map[bug]struct{ scenario, promise string }{
		oversells:    {"rush", judge.NeverOversold},
		sellsTwice:   {"one-shopper", judge.OnePerShopper},
		loses:        {"rush", judge.ConfirmedIsKept},
		replaysNew:   {"retries", judge.SameKeySame},
		falseSoldOut: {"steady", judge.NoFalseSoldOut},
		sellsLate:    {"window", judge.OnlyWhileOpen},
		stockGoes:    {"steady", judge.StockMovesOn},
		eventLost:    {"rush", judge.WatchersLearn},
		throwsOut:    {"rush", judge.WatchersLearn},
		gaps:         {"rush", judge.OrdinalsNoGaps},
		miscounts:    {"steady", judge.CountIsTheList},
		countsAhead:  {"rush", judge.CountIsTheList},
		alwaysActive: {"rush", judge.PhaseIsTrue},
		forgetsKeys:  {"clients-that-leave", judge.SameKeySame},
		alwaysReplay: {"rush", judge.SameKeySame},
		losesLast:    {"crash", judge.ConfirmedIsKept},
	} {
		t.Run(string(planted), func(t *testing.T) {
			t.Parallel()
			result, code, said := play(t, openWrong(t, planted, 1), small[by.scenario]...)
			assert.Equal(t, exitBroken, code)
			assert.Contains(t, brokenIn(result), by.promise, said)
			t.Log(brokenIn(result))
		})
	}
}

// TestTheRightServerPasses plays every scenario against a server without a bug, over two addresses.
func TestTheRightServerPasses(t *testing.T) {
	t.Parallel()
	for name, args := range small {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, servers := range []int{1, 2} {
				result, code, said := play(t, openWrong(t, none, servers), args...)
				assert.Empty(t, brokenIn(result), said)
				assert.Equal(t, exitKept, code)
				assert.Positive(t, result.Summary.Sold)
			}
		})
	}
}

// asProgram, in the environment, lets this test's program be stress, and without arguments the server that stress starts.
const asProgram = "STRESS_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(asCrash) != "":
		crashWrong(os.Getenv(asCrash))
	case os.Getenv(asProgram) == "":
		os.Exit(m.Run())
	case len(os.Args) == 1:
		serveOwn()
	default:
		main()
	}
}

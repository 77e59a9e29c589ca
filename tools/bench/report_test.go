package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReportWritesNumbersPlotAndPlans(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "docs", "bench")
	r := madeUp()
	r.ratio("engine", "group commit / plain", []float64{30, 90}, []float64{10, 10})
	r.Plans = "Index Scan\n"
	var table bytes.Buffer
	require.NoError(t, r.write(&table, out))
	assert.Contains(t, table.String(), "34900")
	assert.Contains(t, table.String(), "6.000")
	assert.Regexp(t, `\nabc1234 on Xeon <R> & Sons, 2 cores, linux/amd64, go1\.26\.8\n$`, table.String())

	numbers := read(t, out, "purchases.json")
	var back report
	require.NoError(t, json.Unmarshal(numbers, &back))
	assert.Equal(t, r.Numbers, back.Numbers)
	assert.Equal(t, r.Ratios, back.Ratios)
	assert.NotContains(t, string(numbers), "Index Scan")
	assert.Equal(t, string(r.plot()), string(read(t, out, "purchases.svg")))
	assert.Equal(t, "Index Scan\n", string(read(t, out, "plans.txt")))

	again := madeUp()
	again.Ratios = r.Ratios
	slices.Reverse(again.Numbers)
	require.NoError(t, again.write(&table, out))
	assert.Equal(t, string(numbers), string(read(t, out, "purchases.json")), "the order of measuring does not show")
}

func TestReportWritesOnlyWhatThereIs(t *testing.T) {
	t.Parallel()
	var table bytes.Buffer
	require.NoError(t, madeUp().write(&table, ""))
	assert.NotEmpty(t, table.String())

	out := t.TempDir()
	require.NoError(t, madeUp().keep("memory").write(&table, out))
	files, err := os.ReadDir(out)
	require.NoError(t, err)
	require.Len(t, files, 1, "no plot of nothing, no plans")
	assert.Equal(t, "purchases.json", files[0].Name())
}

func TestMedian(t *testing.T) {
	t.Parallel()
	for _, values := range [][]float64{{2}, {3, 1, 2}, {4, 1, 2, 2}} {
		assert.InDelta(t, 2, median(values), 0, "of %v", values)
	}
	assert.InDelta(t, 1.5, median([]float64{2, 1}), 0)
	assert.Zero(t, median(nil))
}

func read(t *testing.T, folder, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(folder, name))
	require.NoError(t, err)
	return data
}

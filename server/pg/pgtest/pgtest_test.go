package pgtest_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/server/pg/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

//nolint:tparallel,paralleltest // what follows the subtests needs both to have ended
func TestEveryTestHasADatabaseOfItsOwnAndItIsGoneAfterwards(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var urls []string
	for range 2 {
		t.Run("a test", func(t *testing.T) {
			db := pgtest.New(t)
			urls = append(urls, db.Pool.Config().ConnString())
			migrated, err := db.Migrated(ctx)
			require.NoError(t, err)
			assert.True(t, migrated)
			_, err = db.Pool.Exec(ctx, `CREATE TABLE mine ()`)
			require.NoError(t, err)
			_, err = pgx.Connect(ctx, urls[0]) // left open: nothing holds the drop up
			if len(urls) == 1 {
				require.NoError(t, err)
			}
		})
	}
	for _, url := range urls {
		_, err := pgx.Connect(ctx, url)
		require.ErrorContains(t, err, "does not exist")
	}
}

func TestMissingBinariesSayWhatToDo(t *testing.T) {
	t.Setenv("POSTGRES_BIN", "")
	nowhere := t.TempDir()
	require.NoError(t, os.WriteFile(nowhere+"/go.mod", nil, 0o600))
	t.Chdir(nowhere)
	_, _, err := pgtest.Start(t.Context())
	require.ErrorContains(t, err, "make postgres")
	assert.Equal(t, 1, strings.Count(err.Error(), "\n")+1, "in one line")
}

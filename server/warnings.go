package main

import (
	"io"
	"log/slog"
	"os"
	"reflect"
	"slices"
	"strings"
	"syscall"

	"github.com/agnivade/levenshtein"

	"stampede/server/pg"
)

// configure reads the settings, and warns of what looks like a mistake and ends no start.
func configure(stderr io.Writer) (Config, *slog.Logger, error) {
	cfg, err := loadConfig()
	log, logErr := cfg.logger(stderr)
	if logErr == nil { // also where a setting is wrong or lacks: it may be the one that is misspelt
		for _, typo := range misspelt(os.Environ()) {
			log.Warn("an environment variable is no setting, but its name is close to one",
				"variable", typo.variable, "setting", typo.setting)
		}
	}
	if err == nil {
		err = logErr
	}
	return cfg, log, err
}

type typo struct{ variable, setting string }

// misspelt finds the variables of an environment ("NAME=value") whose names are at most two letters beside a setting's,
// and one beside a short one's: words of four letters are close to many.
func misspelt(environ []string) (found []typo) {
	const most, lettersEach = 2, 4
	known := settingNames()
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		if slices.Contains(known, name) {
			continue
		}
		near := slices.IndexFunc(known, func(setting string) bool {
			return levenshtein.ComputeDistance(name, setting) <= min(most, len(setting)/lettersEach)
		})
		if near >= 0 {
			found = append(found, typo{name, known[near]})
		}
	}
	return found
}

func settingNames() []string {
	var names []string
	for field := range reflect.TypeFor[Config]().Fields() {
		names = append(names, field.Tag.Get("env"))
	}
	return names
}

// besides is how many file descriptors a server takes at the most beside those of MAX_CONNECTIONS and the database's:
// for its listeners, its log, and whoever scrapes it, is asked for keys or is just being refused.
const besides = 75

// warnOfDescriptors compares what the connections need with the limit of the process. That is the hard one: Go has
// raised the soft one to it.
func (c Config) warnOfDescriptors(log *slog.Logger) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return // what nobody knows needs no warning
	}
	needed := uint64(c.Connections) + uint64(pg.ConnectionsTo(c.DatabaseURL)) + besides //nolint:gosec // all are positive
	if needed > limit.Cur {
		log.Warn("MAX_CONNECTIONS needs more file descriptors than the process may have: raise ulimit -n, or lower it",
			"needed", needed, "limit", limit.Cur)
	}
}

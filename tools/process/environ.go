package process

import (
	"os"
	"slices"
	"strings"
)

// Settings are the names of the settings that a server reads from its environment, but for POSTGRES_BIN: that tells of
// the machine.
var Settings = []string{
	"ADDR", "DATABASE_URL", "DATABASE_URL_FILE", "DATABASE_OWNER_URL", "DATABASE_OWNER_URL_FILE", "DATA_DIR", "DEMO",
	"AUTH_SECRET", "AUTH_SECRET_FILE", "AUTH_SECRET_PREVIOUS", "AUTH_SECRET_PREVIOUS_FILE", "AUTH_JWKS_URL",
	"AUTH_ISSUER", "AUTH_AUDIENCE", "SIGN_IN_URL", "INTROSPECTION", "RATE_PER_SHOPPER", "RATE_PER_ADDRESS",
	"TRUSTED_PROXIES", "MAX_CONNECTIONS", "MAX_WAITING", "LOG_LEVEL", "LOG_FORMAT", "METRICS_ADDR", "PPROF_ADDR",
}

// Environ is this process's environment with these settings ("NAME=value") for a server, and no other of them: what a
// shell has set for a real shop, its database above all, is not for one that is made to be measured.
func Environ(settings ...string) []string {
	environ := slices.DeleteFunc(os.Environ(), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return slices.Contains(Settings, name)
	})
	return append(environ, settings...)
}

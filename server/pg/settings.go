package pg

import (
	"maps"
	"slices"
	"strings"
)

// settings are postgres's arguments, in a fixed order.
func settings(cfg EmbeddedConfig, socket string) []string {
	values := map[string]string{
		"listen_addresses":        "",
		"unix_socket_directories": `"` + strings.ReplaceAll(socket, `"`, `""`) + `"`,
		"unix_socket_permissions": "0700",
		"port":                    "5432",
		"cluster_name":            "stampede",
		"timezone":                "UTC",
		"log_timezone":            "UTC",
		"log_checkpoints":         "off",
		// Said here, so that nothing in the data folder says otherwise: a confirmed purchase is on disk.
		"fsync":              "on",
		"full_page_writes":   "on",
		"synchronous_commit": "on",
	}
	if cfg.Throwaway {
		values["fsync"], values["full_page_writes"], values["synchronous_commit"] = "off", "off", "off"
	}
	maps.Copy(values, cfg.Settings)
	var args []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		args = append(args, "-c", name+"="+values[name])
	}
	return args
}

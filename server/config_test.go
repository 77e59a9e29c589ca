package main

import (
	"bytes"
	"io"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/server/web"
	servers "stampede/tools/process"
)

// setAll clears the settings of whoever runs the tests, and sets these.
func setAll(t *testing.T, settings map[string]string) {
	t.Helper()
	var help bytes.Buffer
	printHelp(&help)
	for line := range strings.Lines(help.String()) {
		if name := strings.Fields(line + " ."); len(name[0]) > 3 && name[0] == strings.ToUpper(name[0]) {
			t.Setenv(name[0], "")
			require.NoError(t, os.Unsetenv(name[0]))
		}
	}
	for name, value := range settings {
		t.Setenv(name, value)
	}
}

func TestAWrongSettingEndsTheStartWithOneSentence(t *testing.T) {
	for setting, value := range map[string]string{
		"ADDR":          "nowhere",
		"DEMO":          "perhaps",
		"INTROSPECTION": "some",
		"AUTH_SECRET":   "short", "AUTH_SECRET_PREVIOUS": "short as well",
		"AUTH_JWKS_URL":    "keys.json",
		"SIGN_IN_URL":      "//elsewhere.example",
		"LOG_LEVEL":        "loud",
		"LOG_FORMAT":       "xml",
		"RATE_PER_SHOPPER": "-1", "RATE_PER_ADDRESS": "many", "TRUSTED_PROXIES": "10.0.0.0/99", "MAX_CONNECTIONS": "0", "MAX_WAITING": "0",
		"DATABASE_OWNER_URL": "postgres://owner@localhost/shop",
		"DATABASE_URL":       "postgres://user:secret-password@:not-a-port/x",
	} {
		t.Run(setting, func(t *testing.T) {
			settings := map[string]string{"DEMO": "true", "ADDR": "127.0.0.1:0", "DATA_DIR": t.TempDir()}
			settings[setting] = value
			setAll(t, settings)
			err := run(t.Context(), nil, io.Discard, io.Discard)
			require.Error(t, err)
			assert.NotContains(t, err.Error(), "\n")
			assert.NotContains(t, err.Error(), "secret-password")
			assert.NotContains(t, err.Error(), value)
			assert.NotRegexp(t, `\b(int|bool)\b`, err.Error(), "it is for people who don't know Go")
			if setting != "DATABASE_URL" {
				assert.Contains(t, err.Error(), setting, "it names the setting")
			}
		})
	}
}

func TestAnAddressElsewhereNamesAHost(t *testing.T) {
	for setting, value := range map[string]string{"AUTH_JWKS_URL": "https:///keys.json", "SIGN_IN_URL": "https://"} {
		setAll(t, map[string]string{"DEMO": "true", "ADDR": "127.0.0.1:0", "DATA_DIR": t.TempDir(), setting: value})
		_, err := loadConfig()
		assert.ErrorContains(t, err, setting)
	}
}

func TestWithoutDemoSomebodyMustVouchForTokens(t *testing.T) {
	setAll(t, nil)
	err := run(t.Context(), nil, io.Discard, io.Discard)
	assert.ErrorContains(t, err, "AUTH_SECRET")
	assert.ErrorContains(t, err, "AUTH_JWKS_URL")
	assert.ErrorContains(t, err, "DEMO")
}

func TestADemosSecretIsMadeUpOnceAndKept(t *testing.T) {
	dir := t.TempDir()
	setAll(t, map[string]string{"DEMO": "true", "DATA_DIR": dir})
	cfg, err := loadConfig()
	require.NoError(t, err)
	first, err := cfg.secret()
	require.NoError(t, err)
	again, err := cfg.secret()
	require.NoError(t, err)
	assert.Equal(t, first, again)
	assert.GreaterOrEqual(t, len(first), minSecret)
	other := cfg
	other.DataDir = t.TempDir()
	elsewhere, err := other.secret()
	require.NoError(t, err)
	assert.NotEqual(t, first, elsewhere)
	assert.True(t, cfg.introspection(), "introspection follows DEMO")
}

// TestDemosThatStartTogetherHaveOneSecret: a token of one is good for the other.
func TestDemosThatStartTogetherHaveOneSecret(t *testing.T) {
	setAll(t, map[string]string{"DEMO": "true"})
	cfg, err := loadConfig()
	require.NoError(t, err)
	for range 50 {
		cfg.DataDir = t.TempDir()
		var starting sync.WaitGroup
		secrets, begin := make([]string, 4), make(chan struct{})
		for i := range secrets {
			starting.Go(func() {
				<-begin
				var err error
				secrets[i], err = cfg.secret()
				assert.NoError(t, err)
			})
		}
		close(begin)
		starting.Wait()
		assert.Len(t, slices.Compact(secrets), 1)
		files, err := os.ReadDir(cfg.DataDir)
		require.NoError(t, err)
		assert.Len(t, files, 1, "nothing else is left behind")
	}
}

// TestADemosSecretThatWasCutOff is none: a server that ended while it wrote one, in an earlier version.
func TestADemosSecretThatWasCutOff(t *testing.T) {
	setAll(t, map[string]string{"DEMO": "true", "DATA_DIR": t.TempDir()})
	cfg, err := loadConfig()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(cfg.DataDir, "demo-secret"), []byte("cut"), 0o600))
	first, err := cfg.secret()
	require.NoError(t, err)
	assert.GreaterOrEqual(t, len(first), minSecret)
	again, err := cfg.secret()
	require.NoError(t, err)
	assert.Equal(t, first, again)
}

func TestAnEmptySettingIsTheDefault(t *testing.T) {
	setAll(t, nil)
	for _, name := range []string{"ADDR", "DATA_DIR", "INTROSPECTION", "AUTH_AUDIENCE", "LOG_LEVEL", "LOG_FORMAT"} {
		t.Setenv(name, "")
	}
	t.Setenv("DEMO", "true")
	cfg, err := loadConfig()
	require.NoError(t, err)
	assert.Equal(t, Config{
		Addr: "127.0.0.1:8080", DataDir: ".data", Demo: true, AuthAudience: "stampede", LogLevel: "info", LogFormat: "text",
		Connections: 60_000, Waiting: 10_000,
	}, cfg)
}

// TestSecretsFromFiles, as Docker and Kubernetes hand them over: each of them, with or without an end of the line.
func TestSecretsFromFiles(t *testing.T) {
	dir := t.TempDir()
	settings := map[string]string{}
	for setting, content := range map[string]string{
		"DATABASE_URL":         "postgres://serving:x@db/shop\n",
		"DATABASE_OWNER_URL":   "postgres://owner:y@db/shop\r\n",
		"AUTH_SECRET":          testSecret + " ", // a space is a part of it
		"AUTH_SECRET_PREVIOUS": "older " + testSecret,
	} {
		settings[setting+"_FILE"] = filepath.Join(dir, setting)
		require.NoError(t, os.WriteFile(settings[setting+"_FILE"], []byte(content), 0o600))
	}
	setAll(t, settings)
	cfg, err := loadConfig()
	require.NoError(t, err)
	assert.Equal(t, []string{
		"postgres://serving:x@db/shop", "postgres://owner:y@db/shop", testSecret + " ", "older " + testSecret,
	}, []string{cfg.DatabaseURL, cfg.OwnerURL, cfg.AuthSecret, cfg.AuthPrevious})

	empty := filepath.Join(dir, "empty")
	require.NoError(t, os.WriteFile(empty, []byte("\n"), 0o600))
	for want, wrong := range map[string]map[string]string{
		"set AUTH_SECRET or AUTH_SECRET_FILE, but not both": {"AUTH_SECRET": testSecret},
		"AUTH_SECRET_FILE cannot be read: no such file":     {"AUTH_SECRET_FILE": filepath.Join(dir, "nowhere")},
		"AUTH_SECRET_FILE cannot be read: is a directory":   {"AUTH_SECRET_FILE": dir},
		"AUTH_SECRET_FILE is empty":                         {"AUTH_SECRET_FILE": empty},
	} {
		t.Run(want, func(t *testing.T) {
			for name, value := range wrong {
				t.Setenv(name, value)
			}
			_, err := loadConfig()
			assert.ErrorContains(t, err, want)
		})
	}
}

// TestToolsKnowEverySetting: they start servers that must not hear of the shop that a shell is set up for.
func TestToolsKnowEverySetting(t *testing.T) {
	t.Parallel()
	assert.ElementsMatch(t, settingNames(), append(slices.Clone(servers.Settings), "POSTGRES_BIN")) // that tells of the machine
}

func TestHelpNamesEverySetting(t *testing.T) {
	setAll(t, nil)
	var help bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-help"}, &help, io.Discard))
	for _, name := range []string{
		"ADDR", "DATABASE_URL", "DATA_DIR", "POSTGRES_BIN", "DEMO", "AUTH_SECRET", "AUTH_SECRET_PREVIOUS", "AUTH_JWKS_URL", "AUTH_ISSUER",
		"AUTH_AUDIENCE", "SIGN_IN_URL", "INTROSPECTION", "DATABASE_OWNER_URL", "RATE_PER_SHOPPER", "RATE_PER_ADDRESS", "TRUSTED_PROXIES",
		"MAX_CONNECTIONS", "MAX_WAITING", "METRICS_ADDR", "LOG_LEVEL", "LOG_FORMAT", "PPROF_ADDR", "127.0.0.1:8080", ".data", "stampede token",
	} {
		assert.Contains(t, help.String(), name)
	}
}

// TestTheDemoSellsNothingBesideAnotherSale: not even when one that is sold out stands before the one to come.
func TestTheDemoSellsNothingBesideAnotherSale(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	demo := Config{Demo: true}
	h.buy(t, "ann", h.schedule(t, 1), "")
	later := vars{"input": saleInput(1, time.Now().Add(time.Hour))}
	upcoming := at(t, h.must(t, h.operator(t), scheduleSale, later, "scheduleSale"), "sale.id").(string)
	require.NoError(t, h.scheduleDemo(t.Context(), demo))
	all, err := h.hub.All()
	require.NoError(t, err)
	require.Len(t, slices.Collect(all), 2)
	h.operate(t, "endSale", upcoming)
	for range 2 {
		require.NoError(t, h.scheduleDemo(t.Context(), demo))
	}
	all, err = h.hub.All()
	require.NoError(t, err)
	assert.Len(t, slices.Collect(all), 3, "one for both")
}

func TestAnAddressThatIsTaken(t *testing.T) {
	h := openHouse(t, nil)
	setAll(t, map[string]string{"DEMO": "true", "DATA_DIR": t.TempDir(), "ADDR": h.listener.Addr().String()})
	assert.ErrorContains(t, run(t.Context(), nil, io.Discard, io.Discard), "ADDR")
}

func TestProfilesAreServedWhereTheyAreAskedFor(t *testing.T) {
	h := openHouse(t, func(cfg *Config) { cfg.PprofAddr = "127.0.0.1:0" })
	get := func(url string) (int, string) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
		require.NoError(t, err)
		response, err := h.client.Do(request)
		require.NoError(t, err)
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return response.StatusCode, string(body)
	}
	status, body := get("http://" + h.profiles.Addr + "/debug/pprof/goroutine?debug=1")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, body, "goroutine profile")
	_, body = get(h.url + "/debug/pprof/goroutine?debug=1")
	assert.NotContains(t, body, "goroutine profile", "the shoppers' address has none")

	setAll(t, map[string]string{"DEMO": "true", "PPROF_ADDR": h.profiles.Addr, "ADDR": "127.0.0.1:0"})
	assert.ErrorContains(t, run(t.Context(), nil, io.Discard, io.Discard), "PPROF_ADDR", "it is taken")
	for _, addr := range []string{"0.0.0.0:6060", ":6060", "localhost", "192.0.2.1:6060", "127.0.0.1:"} {
		t.Setenv("PPROF_ADDR", addr)
		_, err := loadConfig()
		assert.ErrorContains(t, err, "PPROF_ADDR", addr)
	}
}

// TestTrustedProxiesAsTheyAreWritten: none of these is taken, and then never met.
func TestTrustedProxiesAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for written, proxy := range map[string]string{
		"192.0.2.7": "192.0.2.7", "192.0.2.0/24": "::ffff:192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7",
		"::ffff:192.0.2.0/120": "192.0.2.7", "2001:db8::/32": "2001:db8::1", "2001:db8::1%eth0": "2001:db8::1%eth0",
	} {
		guarding, err := Config{Proxies: written}.guarding()
		require.NoError(t, err, written)
		guard := web.NewGuard(guarding)
		assert.True(t, guard.Spares(netip.MustParseAddr(proxy)), written)
		assert.False(t, guard.Spares(netip.MustParseAddr("203.0.113.1")), written)
	}
}

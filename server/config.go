package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/caarlos0/env/v11"

	"stampede/server/web"
)

// Config is the server's settings. The help of each field is what -help prints.
type Config struct {
	Addr         string `env:"ADDR" envDefault:"127.0.0.1:8080" help:"address to listen on, host:port"`
	DatabaseURL  string `env:"DATABASE_URL" help:"postgres://… of PostgreSQL 15 or newer; empty: an embedded PostgreSQL in DATA_DIR"`
	DatabaseFile string `env:"DATABASE_URL_FILE" help:"file that holds DATABASE_URL"`
	OwnerURL     string `env:"DATABASE_OWNER_URL" help:"postgres://… of the user who owns the schema and migrates; then DATABASE_URL's user only serves. Empty: DATABASE_URL's user does both"`
	OwnerFile    string `env:"DATABASE_OWNER_URL_FILE" help:"file that holds DATABASE_OWNER_URL"`
	DataDir      string `env:"DATA_DIR" envDefault:".data" help:"folder of the embedded PostgreSQL and of the demo's secret"`
	PostgresBin  string `env:"POSTGRES_BIN" help:"folder with postgres and initdb; empty: the pinned ones of tools/postgres"`
	Demo         bool   `env:"DEMO" envDefault:"false" help:"a demo sale, and signIn for anyone"`
	AuthSecret   string `env:"AUTH_SECRET" help:"secret of HS256 tokens, 32 characters or more; with DEMO one is made up and kept in DATA_DIR"`
	AuthFile     string `env:"AUTH_SECRET_FILE" help:"file that holds AUTH_SECRET, as Docker and Kubernetes hand secrets over"`
	AuthPrevious string `env:"AUTH_SECRET_PREVIOUS" help:"another secret whose tokens are taken, while AUTH_SECRET is changed; none are minted with it"`
	PreviousFile string `env:"AUTH_SECRET_PREVIOUS_FILE" help:"file that holds AUTH_SECRET_PREVIOUS"`
	AuthJWKSURL  string `env:"AUTH_JWKS_URL" help:"address of the keys of RS256, ES256 and EdDSA tokens"`
	AuthIssuer   string `env:"AUTH_ISSUER" help:"issuer that tokens must name; empty: any"`
	AuthAudience string `env:"AUTH_AUDIENCE" envDefault:"stampede" help:"audience that tokens must name"`
	SignInURL    string `env:"SIGN_IN_URL" help:"where shoppers sign in, a path or https://…: the page's button leads there; empty: none does"`
	Introspect   *bool  `env:"INTROSPECTION" help:"clients may ask for the schema; default: as DEMO"`
	PerShopper   *int   `env:"RATE_PER_SHOPPER" help:"requests a second of one shopper, twice as many at once; 0: any; default: 20, but any from private addresses"`
	PerAddress   *int   `env:"RATE_PER_ADDRESS" help:"requests a second from one address, twice as many at once; 0: any; default: 500, but any from private addresses"`
	Proxies      string `env:"TRUSTED_PROXIES" help:"addresses or networks, with commas between, whose X-Forwarded-For and X-Forwarded-Proto are believed"`
	Connections  int    `env:"MAX_CONNECTIONS" envDefault:"60000" help:"connections that are held at a time"`
	Waiting      int    `env:"MAX_WAITING" envDefault:"10000" help:"purchases that wait for one sale at a time; one more is told to try again"`
	LogLevel     string `env:"LOG_LEVEL" envDefault:"info" help:"debug, info, warn or error"`
	LogFormat    string `env:"LOG_FORMAT" envDefault:"text" help:"text or json"`
	MetricsAddr  string `env:"METRICS_ADDR" help:"address that serves /metrics to Prometheus, host:port, in a network of its own; empty: nowhere"`
	PprofAddr    string `env:"PPROF_ADDR" help:"loopback address for go tool pprof, host:port; empty: nowhere"`
}

// minSecret is what HS256 asks for: a key as long as its hash (RFC 7518, section 3.2).
const minSecret = 32

// loadConfig reads the settings and checks each. An error is one sentence for the person who set it.
func loadConfig() (Config, error) {
	cfg, err := readConfig()
	if err == nil {
		cfg, err = cfg.withFiles()
	}
	if err == nil {
		err = cfg.check()
	}
	if err != nil {
		return cfg, fmt.Errorf("%w (stampede -help lists the settings)", err)
	}
	return cfg, nil
}

func readConfig() (Config, error) {
	var cfg Config
	if err := env.Parse(&cfg); err != nil {
		if parse, ok := errors.AsType[env.ParseError](err); ok {
			field, _ := reflect.TypeOf(cfg).FieldByName(parse.Name)
			return cfg, fmt.Errorf("%s has a value that cannot be read: it must be %s", field.Tag.Get("env"), kind(parse.Type))
		}
		return cfg, fmt.Errorf("the settings cannot be read: %w", err)
	}
	return cfg, nil
}

// kind says what a setting must be; every type but text can be misread.
func kind(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() == reflect.Bool {
		return "true or false"
	}
	return "a whole number"
}

// withFiles takes what is secret from the files that settings name, but for the end of the line that editors write.
func (c Config) withFiles() (Config, error) {
	for _, f := range []struct {
		setting, file string
		value         *string
	}{
		{"DATABASE_URL", c.DatabaseFile, &c.DatabaseURL},
		{"DATABASE_OWNER_URL", c.OwnerFile, &c.OwnerURL},
		{"AUTH_SECRET", c.AuthFile, &c.AuthSecret},
		{"AUTH_SECRET_PREVIOUS", c.PreviousFile, &c.AuthPrevious},
	} {
		switch {
		case f.file == "":
			continue
		case *f.value != "":
			return c, fmt.Errorf("set %[1]s or %[1]s_FILE, but not both", f.setting)
		}
		content, err := os.ReadFile(f.file)
		if err != nil {
			return c, fmt.Errorf("%s_FILE cannot be read: %w", f.setting, errors.Unwrap(err)) // without the path
		}
		if *f.value = strings.TrimRight(string(content), "\r\n"); *f.value == "" {
			return c, fmt.Errorf("%s_FILE is empty", f.setting)
		}
	}
	return c, nil
}

func (c Config) check() error {
	if err := checkAddr(c.Addr); err != nil {
		return err
	}
	if c.DatabaseURL == "" && c.DataDir == "" {
		return errors.New("DATA_DIR must name a folder, or DATABASE_URL a database")
	}
	if c.OwnerURL != "" && c.DatabaseURL == "" {
		return errors.New("DATABASE_OWNER_URL needs DATABASE_URL, which names who serves")
	}
	if err := c.checkGuard(); err != nil {
		return err
	}
	for setting, secret := range map[string]string{"AUTH_SECRET": c.AuthSecret, "AUTH_SECRET_PREVIOUS": c.AuthPrevious} {
		if secret != "" && len(secret) < minSecret {
			return fmt.Errorf("%s must have %d characters or more", setting, minSecret)
		}
	}
	if c.AuthPrevious != "" && c.AuthSecret == "" {
		return errors.New("AUTH_SECRET_PREVIOUS needs AUTH_SECRET, which is to take its place")
	}
	if c.AuthJWKSURL != "" && !leadsElsewhere(c.AuthJWKSURL, "https", "http") {
		return errors.New("AUTH_JWKS_URL must begin with https:// or http://, and name a host")
	}
	here := strings.HasPrefix(c.SignInURL, "/") && !strings.HasPrefix(c.SignInURL, "//")
	if c.SignInURL != "" && !here && !leadsElsewhere(c.SignInURL, "https") {
		return errors.New("SIGN_IN_URL must be a path that begins with one slash, or begin with https:// and name a host")
	}
	if !c.Demo && c.AuthSecret == "" && c.AuthJWKSURL == "" {
		return errors.New("set AUTH_SECRET or AUTH_JWKS_URL, or DEMO=true to try things out")
	}
	if _, err := c.logger(io.Discard); err != nil {
		return err
	}
	if _, port, err := net.SplitHostPort(c.MetricsAddr); c.MetricsAddr != "" && (err != nil || port == "") {
		return errors.New("METRICS_ADDR must be host:port, for example 127.0.0.1:9090")
	}
	return checkPprofAddr(c.PprofAddr)
}

// leadsElsewhere says whether an address has one of these schemes, and a host.
func leadsElsewhere(address string, schemes ...string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && slices.Contains(schemes, u.Scheme)
}

func checkAddr(addr string) error {
	if _, port, err := net.SplitHostPort(addr); err != nil || port == "" {
		return errors.New("ADDR must be host:port, for example 127.0.0.1:8080")
	}
	return nil
}

func (c Config) checkGuard() error {
	for setting, rate := range map[string]*int{"RATE_PER_SHOPPER": c.PerShopper, "RATE_PER_ADDRESS": c.PerAddress} {
		if rate != nil && (*rate < 0 || *rate > maxRate) {
			return fmt.Errorf("%s must be 0 to %d", setting, maxRate)
		}
	}
	if c.Connections < 1 {
		return errors.New("MAX_CONNECTIONS must be 1 or more")
	}
	if c.Waiting < 1 {
		return errors.New("MAX_WAITING must be 1 or more")
	}
	_, err := c.guarding()
	return err
}

const (
	maxRate = 1_000_000
	mapped  = 96 // bits before an IPv4 address that is written as IPv6
)

// guarding is what the edge is told of rates and proxies.
func (c Config) guarding() (web.Guarding, error) {
	g := web.Guarding{PerShopper: c.PerShopper, PerAddress: c.PerAddress}
	for entry := range strings.SplitSeq(c.Proxies, ",") {
		if entry = strings.TrimSpace(entry); entry == "" {
			continue
		}
		network, err := netip.ParsePrefix(entry)
		if err != nil {
			address, addressErr := netip.ParseAddr(entry)
			if addressErr != nil {
				return g, errors.New("TRUSTED_PROXIES must be addresses or networks, for example 10.0.0.0/8,192.0.2.7")
			}
			network = netip.PrefixFrom(address, address.BitLen())
		}
		if network.Addr().Is4In6() && network.Bits() >= mapped { // callers are compared as IPv4
			network = netip.PrefixFrom(network.Addr().Unmap(), network.Bits()-mapped)
		}
		g.TrustedProxies = append(g.TrustedProxies, network)
	}
	return g, nil
}

func (c Config) introspection() bool {
	if c.Introspect != nil {
		return *c.Introspect
	}
	return c.Demo
}

// secret is AUTH_SECRET; in demo mode without one, a secret that is made up once and kept in DATA_DIR.
func (c Config) secret() (string, error) {
	if c.AuthSecret != "" || !c.Demo {
		return c.AuthSecret, nil
	}
	file := filepath.Join(c.DataDir, "demo-secret")
	kept, err := keptSecret(file)
	if err != nil || kept != "" {
		return kept, err
	}
	if err := os.MkdirAll(c.DataDir, 0o755); err != nil { //nolint:gosec // PostgreSQL's user passes through it
		return "", fmt.Errorf("make DATA_DIR: %w", err)
	}
	if err := keepSecret(file, rand.Text()+rand.Text()); err != nil {
		return "", fmt.Errorf("keep the demo's secret: %w", err)
	}
	return keptSecret(file)
}

// keptSecret is the secret in a file; empty where there is none, or too little of one.
func keptSecret(file string) (string, error) {
	kept, err := os.ReadFile(file)
	switch {
	case errors.Is(err, os.ErrNotExist) || err == nil && len(kept) < minSecret:
		return "", nil
	case err != nil:
		return "", fmt.Errorf("read the demo's secret: %w", err)
	}
	return string(kept), nil
}

// keepSecret puts a secret into a file at once and as a whole, unless another server was first: of those that start
// together each finds the same one.
func keepSecret(file, secret string) error {
	made, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+"-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(made.Name()) }()
	_, err = made.WriteString(secret)
	if err := errors.Join(err, made.Close()); err != nil {
		return err
	}
	err = os.Link(made.Name(), file)
	if errors.Is(err, os.ErrExist) {
		if kept, readErr := keptSecret(file); kept != "" || readErr != nil {
			return readErr
		}
	}
	if err != nil { // what is there is none, or this file system has no links
		err = os.Rename(made.Name(), file)
	}
	return err
}

// printHelp lists the commands and every setting.
func printHelp(w io.Writer) {
	_, _ = fmt.Fprint(w, `Stampede is a flash-sale server: one product, limited stock, never oversold.

Usage:
  stampede                 serve
  stampede token           mint an access token with AUTH_SECRET (stampede token -help)
  stampede health          ask a running server whether it is ready; exit code 0 if it is
  stampede -help           this page
  stampede -version        the version

Settings, from the environment:
`)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for field := range reflect.TypeFor[Config]().Fields() {
		value := field.Tag.Get("envDefault")
		if value != "" {
			value = " (" + value + ")"
		}
		_, _ = fmt.Fprintf(table, "  %s\t%s%s\n", field.Tag.Get("env"), field.Tag.Get("help"), value)
	}
	_ = table.Flush() // as Fprint above: there is nobody to tell
}

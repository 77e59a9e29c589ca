package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/server/pg"
)

// No container engine is at hand where these tests run: they read docker-compose.yml with the library that the engine
// reads it with, and hold it and the Dockerfile against what they speak of.

const root = ".."

// compose loads docker-compose.yml as `docker compose` would with these variables set.
func compose(t *testing.T, env ...string) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{filepath.Join(root, "docker-compose.yml")}, cli.WithEnv(env))
	require.NoError(t, err)
	project, err := options.LoadProject(t.Context())
	require.NoError(t, err)
	return project
}

func service(t *testing.T, project *types.Project, name string) types.ServiceConfig {
	t.Helper()
	found, err := project.GetService(name)
	require.NoError(t, err)
	return found
}

func TestComposeStartsTheServerOnAHealthyDatabase(t *testing.T) {
	t.Parallel()
	project := compose(t)
	database, server := service(t, project, "database"), service(t, project, "server")

	assert.Equal(t, types.ServiceConditionHealthy, server.DependsOn["database"].Condition)
	require.NotNil(t, database.HealthCheck)
	assert.Equal(t, []string{"CMD", "pg_isready"}, []string(database.HealthCheck.Test[:2]))
	require.NotNil(t, server.HealthCheck)
	for name, s := range project.Services {
		assert.Equal(t, types.RestartPolicyUnlessStopped, s.Restart, name)
		assert.Contains(t, s.SecurityOpt, "no-new-privileges:true", name)
	}

	assert.Equal(t, "postgres:18", database.Image)
	assert.Empty(t, database.Ports, "the database is the server's alone")
	assert.Equal(t, map[string]string{"/var/lib/postgresql": "database"}, volumes(t, project, database),
		"where the image of PostgreSQL 18 keeps its data")
	assert.Equal(t, map[string]string{"/data": "data"}, volumes(t, project, server))
	assert.True(t, server.ReadOnly)
	assert.Equal(t, []string{"ALL"}, server.CapDrop)

	url := value(t, server, "DATABASE_OWNER_URL")
	assert.Equal(t, "postgres://"+value(t, database, "POSTGRES_USER")+":"+value(t, database, "POSTGRES_PASSWORD")+
		"@database:5432/"+value(t, database, "POSTGRES_DB")+"?sslmode=disable", url)
	assert.Equal(t, "postgres://"+pg.ServingRole+":stampede@database:5432/"+value(t, database, "POSTGRES_DB")+"?sslmode=disable",
		value(t, server, "DATABASE_URL"), "who serves is not the owner")
}

// volumes maps the service's folders to the named volumes that hold them. Each has to be declared.
func volumes(t *testing.T, project *types.Project, s types.ServiceConfig) map[string]string {
	t.Helper()
	named := map[string]string{}
	for _, v := range s.Volumes {
		assert.Equal(t, types.VolumeTypeVolume, v.Type, v.Target)
		assert.Contains(t, project.Volumes, v.Source)
		named[v.Target] = v.Source
	}
	return named
}

func value(t *testing.T, s types.ServiceConfig, name string) string {
	t.Helper()
	require.NotNil(t, s.Environment[name], name)
	return *s.Environment[name]
}

func TestComposeIsOpenToThisMachineOnly(t *testing.T) {
	t.Parallel()
	for want, env := range map[string][]string{"8080": nil, "9000": {"PORT=9000"}} {
		ports := service(t, compose(t, env...), "server").Ports
		require.Len(t, ports, 1)
		assert.Equal(t, "127.0.0.1", ports[0].HostIP)
		assert.Equal(t, want, ports[0].Published)
	}
}

// TestComposeSettings reads the container's settings as the server inside it would.
func TestComposeSettings(t *testing.T) { //nolint:paralleltest // the environment is the whole process's
	known := settingNames()
	for _, name := range known {
		t.Setenv(name, "") // puts it back at the end
		require.NoError(t, os.Unsetenv(name))
	}
	server := service(t, compose(t, "LOG_FORMAT=json", "AUTH_SECRET="+testSecret), "server")
	inside := readDockerfile(t).environment(t)
	for name, value := range server.Environment {
		if value != nil {
			inside[name] = *value
		}
		assert.Contains(t, known, name, "the server knows no such setting")
	}
	for name, value := range inside {
		assert.Contains(t, known, name, "the server knows no such setting")
		t.Setenv(name, value)
	}

	for _, name := range known {
		passed := slices.Contains(slices.Collect(maps.Keys(server.Environment)), name) || inside[name] != ""
		// Profiles are served to loopback only, which in a container nobody reaches; there are no other binaries; and whoever
		// has files with secrets mounts them and names them in one go.
		elsewhere := slices.Contains([]string{"PPROF_ADDR", "POSTGRES_BIN"}, name) || strings.HasSuffix(name, "_FILE")
		assert.NotEqual(t, elsewhere, passed, name)
	}

	cfg, err := loadConfig()
	require.NoError(t, err)
	assert.True(t, cfg.Demo, "on unless DEMO says otherwise")
	assert.Equal(t, testSecret, cfg.AuthSecret, "passed on")
	assert.Equal(t, "json", cfg.LogFormat, "passed on")
	assert.Equal(t, "stampede", cfg.AuthAudience, "left alone where nobody has set it")
	assert.Contains(t, volumes(t, compose(t), server), cfg.DataDir, "what the server keeps, a volume keeps")
	_, port, err := net.SplitHostPort(cfg.Addr)
	require.NoError(t, err)
	assert.Equal(t, port, readDockerfile(t).last(t, "EXPOSE").args[0])
	assert.Equal(t, port, strconv.Itoa(int(server.Ports[0].Target)), "the port that docker-compose.yml publishes")
}

// TestContainerHealthCheck runs what the health checks run, against a server that is ready and one that is not.
func TestContainerHealthCheck(t *testing.T) {
	file := readDockerfile(t)
	command := file.last(t, "HEALTHCHECK").list(t)
	assert.Equal(t, append([]string{"CMD"}, command...), []string(service(t, compose(t), "server").HealthCheck.Test))
	require.Equal(t, file.last(t, "ENTRYPOINT").list(t)[0], command[0], "the server asks itself")

	var status atomic.Int64
	status.Store(http.StatusOK)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "/readyz", r.URL.Path)
		w.WriteHeader(int(status.Load()))
	}))
	defer server.Close()
	t.Setenv("DEMO", "true")
	t.Setenv("ADDR", server.Listener.Addr().String())
	var said bytes.Buffer
	require.NoError(t, run(t.Context(), command[1:], &said, &said))
	status.Store(http.StatusServiceUnavailable)
	require.ErrorContains(t, run(t.Context(), command[1:], &said, &said), "not ready")
}

func TestDockerfileRunsAsNobody(t *testing.T) {
	t.Parallel()
	file := readDockerfile(t)
	assert.Equal(t, "scratch", file.last(t, "FROM").args[0])
	user := file.last(t, "USER").args[0]
	assert.Regexp(t, `^[1-9][0-9]*:[1-9][0-9]*$`, user, "scratch knows no names, and root is not wanted")
	assert.True(t, slices.ContainsFunc(file, func(in instruction) bool {
		return in.name == "COPY" && in.args[len(in.args)-1] == "/data" && slices.Contains(in.flags, "--chown="+user)
	}), "the folder that a new volume is made after belongs to the server's user")
}

func TestDockerfileBuildsWithTheVersionsOfTheProject(t *testing.T) {
	t.Parallel()
	images := map[string]string{}
	for _, in := range readDockerfile(t) {
		if in.name == "FROM" {
			image, tag, _ := strings.Cut(in.args[0], ":")
			images[image] = tag
		}
	}
	module := read(t, "go.mod")
	goVersion := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(module)
	require.NotNil(t, goVersion)
	assert.Equal(t, goVersion[1], images["golang"])

	var client struct{ Engines struct{ Node string } }
	require.NoError(t, json.Unmarshal([]byte(read(t, "client/package.json")), &client))
	node := regexp.MustCompile(`\d+`).FindString(client.Engines.Node)
	require.NotEmpty(t, node, "client/package.json says which Node it wants")
	assert.Equal(t, node, images["node"])
}

func TestDockerfileCopiesWhatIsThere(t *testing.T) {
	t.Parallel()
	ignored := strings.Split(read(t, ".dockerignore"), "\n")
	require.Contains(t, ignored, "*", "nothing goes to the builder unless it is named")
	stages := []string{}
	copied := 0
	for _, in := range readDockerfile(t) {
		if in.name == "FROM" && len(in.args) == 3 {
			stages = append(stages, in.args[2])
		}
		if in.name != "COPY" {
			continue
		}
		if i := slices.IndexFunc(in.flags, func(f string) bool { return strings.HasPrefix(f, "--from=") }); i >= 0 {
			assert.Contains(t, stages, strings.TrimPrefix(in.flags[i], "--from="))
			continue
		}
		for _, source := range in.args[:len(in.args)-1] {
			_, err := os.Stat(filepath.Join(root, source))
			require.NoError(t, err)
			top, _, _ := strings.Cut(source, "/")
			assert.Contains(t, ignored, "!"+top, "the builder does not get it")
			assert.NotContains(t, ignored, strings.TrimSuffix(source, "/"), "the builder does not get it")
			copied++
		}
	}
	assert.Positive(t, copied)
}

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, name))
	require.NoError(t, err)
	return string(content)
}

// instruction is one of a Dockerfile: NAME --flag … argument ….
type instruction struct {
	name  string
	flags []string
	args  []string
}

type dockerfile []instruction

func readDockerfile(t *testing.T) dockerfile {
	t.Helper()
	var file dockerfile
	text := regexp.MustCompile(`(?m)^\s*#.*\n`).ReplaceAllString(read(t, "Dockerfile"), "")
	for line := range strings.Lines(strings.ReplaceAll(text, "\\\n", " ")) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		in := instruction{name: words[0]}
		for _, word := range words[1:] {
			if strings.HasPrefix(word, "--") && in.args == nil {
				in.flags = append(in.flags, word)
			} else {
				in.args = append(in.args, word)
			}
		}
		file = append(file, in)
	}
	return file
}

// last is the last instruction of a name, which is the one that counts.
func (f dockerfile) last(t *testing.T, name string) instruction {
	t.Helper()
	for _, in := range slices.Backward(f) {
		if in.name == name {
			return in
		}
	}
	require.Fail(t, "the Dockerfile has no "+name)
	return instruction{}
}

// environment is what the final image sets.
func (f dockerfile) environment(t *testing.T) map[string]string {
	t.Helper()
	env := map[string]string{}
	for _, pair := range f.last(t, "ENV").args {
		name, value, found := strings.Cut(pair, "=")
		require.True(t, found, pair)
		env[name] = value
	}
	return env
}

// list reads the JSON form of a command, which needs no shell.
func (in instruction) list(t *testing.T) []string {
	t.Helper()
	_, words, found := strings.Cut(strings.Join(in.args, " "), "[")
	require.True(t, found, in.name)
	var list []string
	require.NoError(t, json.Unmarshal([]byte("["+words), &list))
	return list
}

// TestAnImageKnowsItsVersion: there is no git where it is built.
func TestAnImageKnowsItsVersion(t *testing.T) {
	t.Parallel()
	project := compose(t, "VERSION=1.2.3")
	require.NotNil(t, service(t, project, "server").Build.Args["VERSION"])
	assert.Equal(t, "1.2.3", *service(t, project, "server").Build.Args["VERSION"])
	file, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	require.NoError(t, err)
	require.Contains(t, string(file), "\nARG VERSION=\n")
	require.Contains(t, string(file), `-ldflags "-X main.release=$VERSION"`)
	assert.Empty(t, release, "that is what the linker sets")
}

package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"stampede/tools/process"
)

// server is the server in a process of its own, with a PostgreSQL of its own.
type server struct {
	cmd    *exec.Cmd
	addr   string
	secret string
	folder string
	log    logged
}

// logged keeps what the server logs.
type logged struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

// Write keeps a line.
func (l *logged) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func startServer(ctx context.Context, binary string) (*server, error) {
	addr, err := process.FreeAddress(ctx)
	if err != nil {
		return nil, err
	}
	s := &server{addr: addr, secret: rand.Text() + rand.Text()}
	if s.folder, err = os.MkdirTemp("", "stampede-hostile-"); err != nil {
		return nil, err
	}
	if err := os.Chmod(s.folder, 0o711); err != nil { //nolint:gosec // PostgreSQL's user passes through it
		return nil, err
	}
	s.cmd = exec.Command(binary) //nolint:noctx // stop ends it
	s.cmd.Env = process.Environ("ADDR="+s.addr, "DATA_DIR="+s.folder, "AUTH_SECRET="+s.secret, "LOG_LEVEL=warn")
	s.cmd.Stderr = &s.log
	if err := process.Start(ctx, s.cmd, s.addr); err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.folder), errors.New(s.log.text.String()))
	}
	return s, nil
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func (s *server) stop() error {
	return errors.Join(process.Stop(s.cmd), os.RemoveAll(s.folder))
}

// complaint is what the log tells of panics.
func (s *server) complaint() error {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	for line := range strings.Lines(s.log.text.String()) {
		if strings.Contains(line, "panic") || strings.Contains(line, "level=ERROR") {
			return errors.New(line)
		}
	}
	return nil
}

// memory is what the server holds, in bytes; 0 where the system does not tell.
func (s *server) memory() int64 {
	bytes, err := process.Resident(s.cmd.Process.Pid)
	if err != nil {
		return 0
	}
	return bytes
}

// mint makes a token; claims come after sub, as JSON.
func (s *server) mint(sub, scope string, exp int64) string {
	const header = `{"alg":"HS256","typ":"JWT"}`
	claims := fmt.Sprintf(`{"sub":%q,"aud":"stampede","scope":%q,"exp":%d}`, sub, scope, exp)
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(header)) + "." + encode([]byte(claims))
	mac := hmac.New(sha256.New, []byte(s.secret))
	mac.Write([]byte(signed))
	return signed + "." + encode(mac.Sum(nil))
}

// schedule makes a sale that is open, and returns its id.
func (s *server) schedule(ctx context.Context) (string, error) {
	body := fmt.Sprintf(`{"query":"mutation{scheduleSale(input:{product:{sku:\"H\",name:\"Hostile\"},stock:100000000,`+
		`startsAt:\"%s\"}){sale{id}}}"}`, time.Now().Add(-time.Minute).UTC().Format(time.RFC3339))
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.addr+"/graphql", strings.NewReader(body))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+s.mint("operator", "operator", time.Now().Add(time.Hour).Unix()))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct {
		Data struct {
			ScheduleSale struct{ Sale struct{ ID string } }
		}
	}
	err = json.NewDecoder(response.Body).Decode(&answer)
	if id := answer.Data.ScheduleSale.Sale.ID; id != "" {
		return id, err
	}
	return "", errors.Join(errors.New("no sale could be made"), err)
}

package shop

import (
	"bufio"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// Wallet has the tokens of a run's shoppers and of its operator.
type Wallet struct {
	Operator string
	prefix   string // of the made-up shoppers' names
	secret   []byte // mints, when there is one
	claims   string // of every minted token, but for its subject
	kept     []string
	names    []string // of the shoppers whose tokens are kept
}

// tokenLife outlasts any run.
const tokenLife = 24 * time.Hour

// encode is how the parts of a token are written.
var encode = base64.RawURLEncoding

var jwtHeader = encode.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "."

// NewMint makes a wallet that mints HS256 tokens with the server's secret. prefix makes its shoppers others than those
// of other runs.
func NewMint(secret, audience, issuer, prefix string) (*Wallet, error) {
	claims := map[string]any{"aud": audience, "iat": time.Now().Unix(), "exp": time.Now().Add(tokenLife).Unix()}
	if issuer != "" {
		claims["iss"] = issuer
	}
	common, err := json.Marshal(claims)
	if err != nil {
		return nil, err
	}
	w := &Wallet{prefix: prefix, secret: []byte(secret), claims: strings.TrimPrefix(string(common), "{")}
	w.Operator = w.mint(prefix+"operator", "operator")
	return w, nil
}

func (w *Wallet) mint(sub, scope string) string {
	payload := fmt.Sprintf(`{"sub":%q,"scope":%q,%s`, sub, scope, w.claims)
	signed := jwtHeader + encode.EncodeToString([]byte(payload))
	mac := hmac.New(sha256.New, w.secret)
	mac.Write([]byte(signed))
	return signed + "." + encode.EncodeToString(mac.Sum(nil))
}

// SignIns makes a wallet of n demo shoppers, whom it signs in one after the other.
func SignIns(ctx context.Context, c *Conn, operator, prefix string, n int) (*Wallet, error) {
	w := &Wallet{Operator: operator, prefix: prefix}
	for i := range n {
		token, name, err := c.SignIn(ctx, fmt.Sprint(prefix, i))
		if err != nil {
			return nil, err
		}
		w.kept, w.names = append(w.kept, token), append(w.names, name)
	}
	return w, nil
}

// ReadTokens makes a wallet of a file with one token a line. The first that may operate is the operator's, unless
// there is one already.
func ReadTokens(file, operator string) (*Wallet, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	w := &Wallet{Operator: operator}
	line := map[string]int{} // of each shopper: two who are one would be judged as two
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		token := strings.TrimSpace(lines.Text())
		if token == "" {
			continue
		}
		sub, scope, err := readClaims(token)
		if err != nil {
			return nil, fmt.Errorf("line %d of %s: %w", n, file, err)
		}
		if w.Operator == "" && strings.Contains(" "+scope+" ", " operator ") {
			w.Operator = token
			continue
		}
		switch first := line[sub]; {
		case sub == "":
			return nil, fmt.Errorf("line %d of %s: it names nobody", n, file)
		case first > 0:
			return nil, fmt.Errorf("line %d of %s: %q has a token on line %d already", n, file, sub, first)
		}
		line[sub] = n
		w.kept, w.names = append(w.kept, token), append(w.names, sub)
	}
	return w, lines.Err()
}

// readClaims looks into a token without checking it: that is the server's business.
func readClaims(token string) (sub, scope string, err error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", "", errors.New("this is no token: it has not three parts")
	}
	payload, err := encode.DecodeString(parts[1])
	if err != nil {
		return "", "", errors.New("this is no token: its middle is not base64")
	}
	var claims struct {
		Sub   string `json:"sub"`
		Scope string `json:"scope"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return "", "", errors.New("this is no token: its middle is not JSON")
	}
	return claims.Sub, claims.Scope, nil
}

// Len is how many shoppers there are; -1 when there are as many as are needed.
func (w *Wallet) Len() int {
	if w.secret != nil {
		return -1
	}
	return len(w.kept)
}

// Token is shopper i's.
func (w *Wallet) Token(i int32) string {
	if w.secret != nil {
		return w.mint(w.prefix+fmt.Sprint(i), "shopper")
	}
	return w.kept[i]
}

// Names maps the shoppers' names to their numbers, for the first n of them.
func (w *Wallet) Names(n int) map[string]int32 {
	names := make(map[string]int32, n)
	for i := range int32(n) { //nolint:gosec // shoppers are numbered in 32 bits
		if w.secret != nil {
			names[w.prefix+fmt.Sprint(i)] = i
		} else {
			names[w.names[i]] = i
		}
	}
	return names
}

package main

import (
	"log/slog"
	"net/http"
	"time"
)

// maxHeader is how large a request's header may be, in bytes.
const maxHeader = 16 << 10

// newHTTPServer is how handler is served, and what a connection may ask of it.
func newHTTPServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    maxHeader,
		Protocols:         protocols(),
		HTTP2: &http.HTTP2Config{
			// A stream that was reset counts until its handler has ended. So no more than this many run for one
			// connection, however fast it opens streams and resets them (CVE-2023-44487); one that is four times as
			// many ahead of its handlers is closed with ENHANCE_YOUR_CALM.
			MaxConcurrentStreams: 100,
			// A header that goes on over MaxHeaderBytes ends the connection (CVE-2023-45288). One that goes on with
			// nothing at all is ended by the ping that its sender cannot answer meanwhile.
			MaxReadFrameSize: maxHeader,
			SendPingTimeout:  10 * time.Second, PingTimeout: 5 * time.Second,

			MaxReceiveBufferPerConnection: 256 << 10, MaxReceiveBufferPerStream: 64 << 10,
			WriteByteTimeout: 30 * time.Second,
		},
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// protocols are HTTP/1.1, and HTTP/2 without TLS for proxies that speak it: TLS ends there.
func protocols() *http.Protocols {
	var p http.Protocols
	p.SetHTTP1(true)
	p.SetUnencryptedHTTP2(true)
	return &p
}

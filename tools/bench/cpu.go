package main

import (
	"os"
	"slices"
	"time"

	"stampede/tools/process"
)

// spent is the processor time, user and system, that each of the three has used since it began.
type spent struct{ server, postgres, load time.Duration }

func (s spent) since(before spent) spent {
	return spent{s.server - before.server, s.postgres - before.postgres, s.load - before.load}
}

// each is the processor time of one of n answers, in microseconds.
func (s spent) each(n int) map[string]float64 {
	us := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(max(1, n)) }
	return map[string]float64{"server": us(s.server), "postgres": us(s.postgres), "load": us(s.load)}
}

// readSpent reads /proc; elsewhere than on Linux it has nothing to say. The server's is that of all these processes
// together, PostgreSQL's that of every postgres process on the machine.
func readSpent(servers ...int) (spent, error) {
	var s spent
	all, err := process.All()
	for _, p := range all {
		switch {
		case slices.Contains(servers, p.PID):
			s.server += p.Used
		case p.PID == os.Getpid():
			s.load = p.Used
		case p.Name == "postgres":
			s.postgres += p.Used
		}
	}
	return s, err
}

// spending is what was spent in each round, by who spent it: one for each thing that is compared.
type spending[K comparable] map[K]map[string][]float64

func (s spending[K]) note(what K, each map[string]float64) {
	if s[what] == nil {
		s[what] = map[string][]float64{}
	}
	for who, us := range each {
		s[what][who] = append(s[what][who], us)
	}
}

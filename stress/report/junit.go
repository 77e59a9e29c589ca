package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

type (
	junitSuite struct {
		XMLName  xml.Name    `xml:"testsuite"`
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Time     string      `xml:"time,attr"`
		When     string      `xml:"timestamp,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Time    string        `xml:"time,attr"`
		Failure *junitMessage `xml:"failure"`
		Skipped *junitMessage `xml:"skipped"`
		Error   *junitMessage `xml:"error"`
	}
	junitMessage struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// WriteJUnit writes each promise as a test case, in the form that continuous integration reads.
func (r *Result) WriteJUnit(w io.Writer) error {
	seconds := fmt.Sprintf("%.3f", r.Summary.Took/1000)
	suite := junitSuite{
		Name: "stress " + r.Scenario, Time: seconds, When: r.When.UTC().Format("2006-01-02T15:04:05"),
	}
	add := func(c junitCase) {
		c.Class, c.Time = "stress."+r.Scenario, "0"
		suite.Tests++
		suite.Cases = append(suite.Cases, c)
	}
	for i := range r.Promises {
		p := &r.Promises[i]
		c := junitCase{Name: p.Name}
		switch {
		case !p.Kept():
			suite.Failures++
			c.Failure = &junitMessage{fmt.Sprintf("%s Broken %d times.", p.Says, p.Broken), strings.Join(p.Examples, "\n")}
		case p.Checked == 0:
			suite.Skipped++
			c.Skipped = &junitMessage{Message: "this run had nothing to test it by"}
		}
		add(c)
	}
	if why := r.incomplete(); why != "" {
		suite.Errors++
		add(junitCase{Name: "the run", Error: &junitMessage{Message: why}})
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(suite); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

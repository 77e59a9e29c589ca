package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
	"unicode/utf8"
)

// The plot's measures, in units of its own: 800 across. On a phone its text is half as large again (see plotStyle), so
// that rooms for text are reckoned for that: wide, the width of a letter, is a generous mean.
const (
	plotWidth  = 800.0
	margin     = 32.0
	gutter     = 40.0
	pitch      = 30.0
	thickness  = 16.0
	groupGap   = 14.0
	wide       = 11.5
	headHeight = 58.0 // of a panel: its title and its unit
)

const plotTitle = "Stampede, measured side by side"

// plotStyle is that of docs/architecture.svg, in light and dark.
const plotStyle = `
    text { font-family: Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
      fill: #14161A; font-size: 15px; font-variant-numeric: tabular-nums }
    .title { font-size: 24px; font-weight: 650 }
    .name { font-size: 18px; font-weight: 650 }
    .soft { fill: #5A5D63 }
    .small { fill: #5A5D63; font-size: 13px }
    .figure { font-weight: 600; paint-order: stroke; stroke: #FAFAF7; stroke-width: 5px; stroke-linejoin: round }
    .inside { font-size: 12px; font-weight: 600 }
    .mid { text-anchor: middle }
    .paper { fill: #FAFAF7 }
    .edge { fill: none; stroke: #14161A; stroke-opacity: .14 }
    .line { stroke: #14161A; stroke-opacity: .14 }
    .ours, .part0 { fill: #C8371A }
    .other { fill: #8B8D90 }
    .part1 { fill: #2B3038 }
    .part2 { fill: #B9BBBD }
    .on0, .on1 { fill: #FFFFFF }
    .on2 { fill: #14161A }
    .halo { stroke: #FAFAF7; stroke-width: 5; stroke-linecap: round }
    .spread { stroke: #14161A; stroke-width: 1.8; stroke-linecap: round }
    @media (max-width: 640px) {
      text { font-size: 21px }
      .title { font-size: 29px }
      .name { font-size: 23px }
      .small { font-size: 18px }
      .inside { display: none }
    }
    @media (prefers-color-scheme: dark) {
      text, .on2 { fill: #F2F1EC }
      .soft, .small { fill: #A5A7AA }
      .figure { stroke: #101215 }
      .paper { fill: #101215 }
      .edge, .line { stroke: #F2F1EC }
      .ours, .part0 { fill: #FF6B4A }
      .other { fill: #80838A }
      .part1 { fill: #DAD9D4 }
      .part2 { fill: #50545B }
      .on0, .on1 { fill: #101215 }
      .halo { stroke: #101215 }
      .spread { stroke: #F2F1EC }
    }
  `

// picture gathers the elements of an SVG.
type picture struct{ svg bytes.Buffer }

func (p *picture) text(class string, x, y float64, text string) {
	fmt.Fprintf(&p.svg, `  <text class=%q x="%.1f" y="%.1f">`, class, x, y)
	_ = xml.EscapeText(&p.svg, []byte(text)) // a buffer takes all
	p.svg.WriteString("</text>\n")
}

func (p *picture) rect(class string, x, y, width, height float64) {
	fmt.Fprintf(&p.svg, `  <rect class=%q x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="2"/>`+"\n",
		class, x, y, max(1, width), height)
}

func (p *picture) line(class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(&p.svg, `  <path class=%q d="M%.1f %.1fL%.1f %.1f"/>`+"\n", class, x1, y1, x2, y2)
}

// plot draws what was measured as an SVG; nothing, where nothing was.
func (r *report) plot() []byte {
	panels := r.panels()
	if len(panels) == 0 {
		return nil
	}
	var p picture
	y := p.head(r)
	for rest := panels; len(rest) > 0; {
		// Those of one series stand in pairs.
		row := rest[:1]
		if len(rest) > 1 && len(rest[0].series) == 1 && len(rest[1].series) == 1 {
			row = rest[:2]
		}
		rest = rest[len(row):]
		width := (plotWidth - 2*margin - gutter*float64(len(row)-1)) / float64(len(row))
		height := 0.0
		for i, panel := range row {
			height = max(height, p.panel(panel, margin+(width+gutter)*float64(i), y, width))
		}
		p.line("line", margin, y+height+9, plotWidth-margin, y+height+9)
		y += height + 34
	}
	return p.frame(r, panels, p.foot(r, panels, y))
}

// frame puts the picture on paper of its height.
func (p *picture) frame(r *report, panels []panel, height float64) []byte {
	var whole picture
	fmt.Fprintf(&whole.svg, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %.0f" role="img" `+
		`aria-labelledby="title desc">`+"\n", plotWidth, height)
	whole.svg.WriteString("  <title id=\"title\">" + plotTitle + "</title>\n  <desc id=\"desc\">")
	for _, panel := range panels {
		_ = xml.EscapeText(&whole.svg, []byte(panel.describe()+" "))
	}
	_ = xml.EscapeText(&whole.svg, []byte("Measured on "+r.Machine.String()+"."))
	whole.svg.WriteString("</desc>\n  <style>" + plotStyle + "</style>\n")
	fmt.Fprintf(&whole.svg, `  <rect class="paper" width="%g" height="%.0f" rx="14"/>`+"\n", plotWidth, height)
	fmt.Fprintf(&whole.svg, `  <rect class="edge" x=".5" y=".5" width="%g" height="%.0f" rx="13.5"/>`+"\n",
		plotWidth-1, height-1)
	whole.svg.Write(p.svg.Bytes())
	whole.svg.WriteString("</svg>\n")
	return whole.svg.Bytes()
}

// head says what all panels have in common, and returns where the first of them begins.
func (p *picture) head(r *report) float64 {
	p.text("title", margin, 52, plotTitle)
	text := fmt.Sprintf("A bar is one measurement of %g s.", r.Seconds)
	if r.Rounds > 1 {
		text = fmt.Sprintf("A bar is the median of %d or more rounds of %g s, the thin line on it their spread.",
			r.Rounds, r.Seconds)
	}
	p.text("soft", margin, 82, text)
	return 112
}

// foot explains labels and says where and when all this was measured; it returns where the paper ends.
func (p *picture) foot(r *report, panels []panel, y float64) float64 {
	say := func(text string) {
		for _, line := range wrap(text, 78) {
			p.text("small", margin, y, line)
			y += 21
		}
	}
	for _, panel := range panels {
		say(panel.note)
	}
	y += 8
	say("On " + r.Machine.String() + ".")
	say("Commit " + r.Commit + ", " + r.When.Format("2 January 2006") + ".")
	return y + 11
}

// panel draws one from its upper left corner, and returns its height.
func (p *picture) panel(of panel, x, y, width float64) float64 {
	p.text("name", x, y+18, of.title)
	p.text("small", x, y+42, of.unit)
	var names, labels, figures []string
	for _, g := range of.series {
		names = append(names, spaced(g.name))
		for _, b := range g.bars {
			labels, figures = append(labels, b.label), append(figures, figure(b.value))
		}
	}
	labelX := x
	if len(names) > 1 {
		labelX += room(names) + 14
	}
	barX := labelX + room(labels) + 12
	length := x + width - room(figures) - 16 - barX
	at, ticks := of.axis()
	top := y + headHeight
	bottom := top + pitch*float64(len(labels)) + groupGap*float64(len(names)-1)
	for _, tick := range ticks {
		tickX := barX + length*at(tick)
		p.line("line", tickX, top, tickX, bottom)
		p.text("small mid", tickX, bottom+19, figure(tick))
	}
	row := top + pitch/2
	for i, g := range of.series {
		if len(names) > 1 {
			p.text("", x, row+6, names[i])
		}
		for _, b := range g.bars {
			p.text("soft", labelX, row+6, b.label)
			p.bar(b, barX, row, func(value float64) float64 { return length * at(value) })
			row += pitch
		}
		row += groupGap
	}
	if len(ticks) > 0 {
		bottom += 24
	}
	for i, part := range of.parts {
		p.rect(fmt.Sprintf("part%d", i), labelX, bottom+12, 12, 12)
		p.text("small", labelX+18, bottom+23, part)
		labelX += room([]string{part})*0.86 + 18 + 16
	}
	if len(of.parts) > 0 {
		bottom += 28
	}
	return bottom - y
}

// bar draws one with its spread and its figure; y is its middle.
func (p *picture) bar(b bar, x, y float64, length func(float64) float64) {
	upper := y - thickness/2
	if len(b.parts) == 0 {
		p.rect(b.tone, x, upper, length(b.value), thickness)
	}
	sum := 0.0
	for i, part := range b.parts {
		left, right := x+length(sum), x+length(sum+part)
		sum += part
		p.rect(fmt.Sprintf("part%d", i), left, upper, right-left-1.5, thickness)
		if text := figure(part); right-left > 8+7.5*float64(len(text)) {
			p.text(fmt.Sprintf("inside on%d", i), left+5, y+4.3, text)
		}
	}
	if b.high > b.low {
		low, high := x+length(b.low), x+length(b.high)
		if len(b.parts) > 0 {
			y += thickness / 2 // at the lower edge, where it strikes through no figure
		}
		for _, class := range []string{"halo", "spread"} {
			fmt.Fprintf(&p.svg, `  <path class=%q d="M%.1f %.1fH%.1f"/>`+"\n", class, low, y, high)
		}
	}
	p.text("figure", x+length(max(b.value, b.high))+10, upper+thickness/2+6, figure(b.value))
}

// room is how wide the longest of the texts may get.
func room(texts []string) float64 {
	longest := 0
	for _, text := range texts {
		longest = max(longest, utf8.RuneCountInString(text))
	}
	return wide * float64(longest)
}

// wrap breaks a paragraph into lines.
func wrap(text string, most int) []string {
	var lines []string
	for word := range strings.FieldsSeq(text) {
		if last := len(lines) - 1; last >= 0 && utf8.RuneCountInString(lines[last]+" "+word) <= most {
			lines[last] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	return lines
}

/* The timeline: lanes of spans on a canvas, a million of them at the speed of the screen.
 *
 * Spans come as columns, packed as variable-length integers in base64: per lane, in order of their start, the distance to the previous start, the
 * duration, the number of the label and of the place. Drawing walks each lane's visible part only (binary search), and spans that fall into one
 * pixel are drawn as one: so the cost depends on the width of the screen, not on the number of spans. For that, each lane has blocks of 256 spans with
 * the latest end in each, and a zoomed-out lane is drawn from the blocks.
 */
"use strict";

const LANE_HEIGHT = 22, LEFT = 215, TOP = 22, BLOCK = 256;
const HUES = { task: 210, interrupt: 0, channel: 130, sync: 280, line: 40, ownership: 180, bus: 90, other: 320 };

class Lane {
  constructor(data) {
    this.name = data.name;
    this.kind = data.kind;
    const bytes = Uint8Array.from(atob(data.spans), (c) => c.charCodeAt(0));
    const n = data.count;
    this.start = new Float64Array(n);
    this.end = new Float64Array(n);
    this.label = new Uint32Array(n);
    this.place = new Uint32Array(n);
    let at = 0, time = 0;
    const next = () => {
      let value = 0, scale = 1, byte;
      do { byte = bytes[at++]; value += (byte & 127) * scale; scale *= 128; } while (byte & 128);
      return value;
    };
    for (let i = 0; i < n; i++) {
      time += next();
      this.start[i] = time;
      this.end[i] = time + next();
      this.label[i] = next();
      this.place[i] = next();
    }
    this.blockEnd = new Float64Array(Math.ceil(n / BLOCK));
    for (let i = 0; i < n; i++) {
      const block = (i / BLOCK) | 0;
      if (this.end[i] > this.blockEnd[block]) this.blockEnd[block] = this.end[i];
    }
  }

  /* Index of the first span that starts after `time`. */
  after(time) {
    let low = 0, high = this.start.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.start[middle] <= time) low = middle + 1; else high = middle;
    }
    return low;
  }

  /* The same among [low, high), for a time that is likely near `low`. */
  afterFrom(time, low, high) {
    let step = 1;
    while (low + step < high && this.start[low + step] <= time) { low += step; step *= 2; }
    high = Math.min(high, low + step);
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.start[middle] <= time) low = middle + 1; else high = middle;
    }
    return low;
  }
}

class Timeline {
  constructor(section, data) {
    this.canvas = section.querySelector("canvas");
    this.cursor = section.querySelector(".cursor");
    this.picked = section.querySelector(".picked");
    this.data = data;
    this.lanes = data.lanes.map((lane) => new Lane(lane));
    this.pale = data.labels.map((label) => label.startsWith("waits"));
    this.total = Math.max(1, ...this.lanes.map((lane) => lane.blockEnd.reduce((a, b) => Math.max(a, b), 0)));
    this.from = 0;
    this.to = this.total;
    this.marks = [];
    this.selected = null;
    this.listen();
  }

  listen() {
    const canvas = this.canvas;
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(Math.exp(event.deltaY * 0.002), this.timeAt(event.offsetX));
    }, { passive: false });
    let dragged = null;
    canvas.addEventListener("pointerdown", (event) => {
      dragged = { x: event.offsetX, from: this.from, moved: false };
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      this.cursor.textContent = this.format(this.timeAt(event.offsetX));
      if (!dragged) return;
      const by = (dragged.x - event.offsetX) * (this.to - this.from) / this.width();
      if (Math.abs(event.offsetX - dragged.x) > 3) dragged.moved = true;
      if (dragged.moved) this.show(dragged.from + by, dragged.from + by + (this.to - this.from));
    });
    canvas.addEventListener("pointerup", (event) => {
      if (dragged && !dragged.moved) this.pick(event.offsetX, event.offsetY);
      dragged = null;
    });
    canvas.addEventListener("keydown", (event) => {
      const span = this.to - this.from, middle = (this.from + this.to) / 2;
      if (event.key === "ArrowLeft") this.show(this.from - span / 8, this.to - span / 8);
      else if (event.key === "ArrowRight") this.show(this.from + span / 8, this.to + span / 8);
      else if (event.key === "+" || event.key === "ArrowUp") this.zoom(0.7, middle);
      else if (event.key === "-" || event.key === "ArrowDown") this.zoom(1 / 0.7, middle);
      else if (event.key === "0") this.show(0, this.total);
      else return;
      event.preventDefault();
    });
  }

  width() { return Math.max(1, this.canvas.clientWidth - LEFT); }
  timeAt(x) { return this.from + (x - LEFT) * (this.to - this.from) / this.width(); }
  xOf(time) { return LEFT + (time - this.from) * this.width() / (this.to - this.from); }

  format(ns) {
    if (ns < 1e3) return ns.toFixed(0) + " ns";
    if (ns < 1e6) return (ns / 1e3).toFixed(2) + " µs";
    if (ns < 1e9) return (ns / 1e6).toFixed(3) + " ms";
    return (ns / 1e9).toFixed(4) + " s";
  }

  zoom(factor, around) {
    const span = Math.min(this.total, Math.max(10, (this.to - this.from) * factor));
    const share = (around - this.from) / (this.to - this.from);
    this.show(around - share * span, around + (1 - share) * span);
  }

  show(from, to) {
    const span = Math.min(this.total, to - from);
    this.from = Math.min(Math.max(0, from), this.total - span);
    this.to = this.from + span;
    this.draw();
  }

  /* Times of the finding that is looked at; the view moves there when they are out of sight. */
  mark(times) {
    this.marks = times;
    if (times.length) {
      const low = Math.min(...times), high = Math.max(...times), room = Math.max(1000, (high - low) * 0.5);
      if (low < this.from || high > this.to || (high - low) < (this.to - this.from) / 50) this.show(low - room, high + room);
    }
    this.draw();
  }

  resize() {
    const ratio = window.devicePixelRatio || 1, height = TOP + this.lanes.length * LANE_HEIGHT + 6;
    this.canvas.style.height = height + "px";
    this.canvas.width = this.canvas.clientWidth * ratio;
    this.canvas.height = height * ratio;
    this.draw();
  }

  draw() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => { this.waiting = false; this.paint(); });
  }

  paint() {
    const ratio = window.devicePixelRatio || 1, g = this.canvas.getContext("2d");
    const style = getComputedStyle(document.documentElement), dark = document.documentElement.classList.contains("dark");
    const fg = style.getPropertyValue("--fg"), soft = style.getPropertyValue("--soft"), rule = style.getPropertyValue("--rule");
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.clearRect(0, 0, this.canvas.clientWidth, this.canvas.clientHeight);
    g.font = "11px system-ui, sans-serif";
    g.textBaseline = "middle";
    this.paintAxis(g, soft, rule);
    this.lanes.forEach((lane, i) => {
      const y = TOP + i * LANE_HEIGHT;
      g.fillStyle = fg;
      g.fillText(lane.name.length > 36 ? lane.name.slice(0, 35) + "…" : lane.name, 8, y + LANE_HEIGHT / 2, LEFT - 16);
      this.paintLane(g, lane, y, dark);
      g.fillStyle = rule;
      g.fillRect(0, y + LANE_HEIGHT - 1, this.canvas.clientWidth, 1);
    });
    g.fillStyle = style.getPropertyValue("--error");
    for (const time of this.marks) {
      const x = this.xOf(time);
      if (x >= LEFT) g.fillRect(x, TOP, 1.5, this.lanes.length * LANE_HEIGHT);
    }
  }

  paintAxis(g, soft, rule) {
    const span = this.to - this.from;
    let step = 10 ** Math.floor(Math.log10(span / 6));
    if (span / step > 30) step *= 5; else if (span / step > 12) step *= 2;
    g.fillStyle = soft;
    for (let time = Math.ceil(this.from / step) * step; time <= this.to; time += step) {
      const x = this.xOf(time);
      g.fillStyle = rule;
      g.fillRect(x, TOP - 6, 1, this.lanes.length * LANE_HEIGHT + 6);
      g.fillStyle = soft;
      g.fillText(this.format(time), x + 3, TOP / 2);
    }
  }

  paintLane(g, lane, y, dark) {
    const { start, end: ends, label: labels, blockEnd } = lane, last = lane.after(this.to);
    const scale = this.width() / (this.to - this.from), from = this.from, perPixel = 1 / scale, edge = this.canvas.clientWidth;
    const hue = HUES[lane.kind] ?? HUES.other, ink = dark ? "#fff" : "#111";
    const colours = [0, 1, 2, 3].map((i) => `hsl(${hue + i * 12} ${dark ? 45 : 60}% ${dark ? 45 + i * 5 : 60 + i * 5}%)`);
    const pale = `hsl(${hue} ${dark ? 25 : 45}% ${dark ? 26 : 88}%)`; /* waiting is no work */
    let crowd = LEFT, crowdEnd = LEFT, painted = LEFT, i = 0;
    /* Spans too short to see, with no gap between them, are one rectangle. */
    const paintCrowd = () => {
      if (crowdEnd <= crowd) return;
      g.fillStyle = colours[0];
      g.fillRect(crowd, y + 3, crowdEnd - crowd, LANE_HEIGHT - 7);
      painted = crowdEnd;
      crowd = crowdEnd = LEFT;
    };
    while (i < last) {
      if (i % BLOCK === 0 && blockEnd[i / BLOCK] < from) { i += BLOCK; continue; }
      if (ends[i] < from) { i++; continue; }
      const x = Math.max(LEFT, LEFT + (start[i] - from) * scale);
      if (ends[i] - start[i] < perPixel) {
        if (x > crowdEnd + 0.5) { paintCrowd(); crowd = Math.max(x, painted); }
        crowdEnd = Math.min(edge, x + 1);
        i = lane.afterFrom(start[i] + perPixel, i + 1, last);
        continue;
      }
      paintCrowd();
      const right = Math.min(edge, Math.max(x + 1, LEFT + (ends[i] - from) * scale));
      if (right > painted || x > painted) {
        g.fillStyle = this.pale[labels[i]] ? pale : colours[labels[i] & 3];
        g.fillRect(x, y + 3, right - x, LANE_HEIGHT - 7);
        if (right - x > 40) {
          g.save();
          g.beginPath();
          g.rect(x, y, right - x, LANE_HEIGHT);
          g.clip();
          g.fillStyle = ink;
          g.fillText(this.data.labels[labels[i]], x + 4, y + LANE_HEIGHT / 2);
          g.restore();
        }
        painted = right;
      }
      i++;
    }
    paintCrowd();
    if (this.selected && this.selected.lane === lane) {
      g.strokeStyle = dark ? "#fff" : "#000";
      const a = this.xOf(lane.start[this.selected.index]), b = this.xOf(lane.end[this.selected.index]);
      g.strokeRect(a, y + 2, Math.max(2, b - a), LANE_HEIGHT - 5);
    }
  }

  pick(x, y) {
    const lane = this.lanes[Math.floor((y - TOP) / LANE_HEIGHT)];
    if (!lane || x < LEFT) return;
    const time = this.timeAt(x), slack = 3 * (this.to - this.from) / this.width();
    let index = lane.after(time + slack) - 1;
    while (index > 0 && lane.end[index] + slack < time && index > lane.after(time) - 64) index--;
    if (index < 0) return;
    this.selected = { lane, index };
    const place = this.data.places[lane.place[index]];
    this.picked.textContent = `${lane.name}: ${this.data.labels[lane.label[index]]}, ${this.format(lane.start[index])} to ` +
      `${this.format(lane.end[index])}` + (place ? `, ${place.label}` : "");
    if (place && place.lines.length) {
      const pre = document.createElement("pre");
      for (const line of place.lines) {
        const row = document.createElement("span");
        row.className = "line" + (line.hit ? " hit" : "");
        const number = document.createElement("span");
        number.className = "number";
        number.textContent = line.number;
        row.append(number, line.text + "\n");
        pre.append(row);
      }
      this.picked.append(pre);
    }
    this.draw();
  }
}

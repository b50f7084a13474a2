/// Where the parts of a plot go: every text has a place of its own.
struct PlotLayout {
  /// A text in its place.
  struct Text {
    let text: String
    let box: PlotBox
    var isUpward = false
  }

  /// The rectangle between the axes.
  let frame: PlotBox
  let title: Text
  let axisLabels: [Text]
  let xTicks: [(tick: PlotAxis.Tick, text: Text?)]
  let yTicks: [(tick: PlotAxis.Tick, text: Text?)]
  /// One for each series with a name, and the place of its sample left of it.
  let legend: [(series: PlotSeries, text: Text, sample: PlotBox)]

  private static let margin: Float = 14
  private static let lineHeight: Float = 22
  static let sampleWidth: Float = 34
  /// From the frame to the numbers beside it.
  private static let tickGap: Float = 8

  init(_ plot: Plot) {
    let size = SIMD2<Float>(Float(plot.width), Float(plot.height))
    let margin = Self.margin
    func box(_ text: String, at place: SIMD2<Float>) -> Text {
      Text(text: text, box: PlotBox(at: place, size: Drawing.size(of: text)))
    }

    // From the top: title, legend, frame.
    let titleSize = Drawing.size(of: plot.title)
    title = box(plot.title, at: [max(margin, ((size.x - titleSize.x) / 2).rounded()), margin])
    var place = SIMD2<Float>(margin, plot.title.isEmpty ? margin : margin + Self.lineHeight + 4)
    let hasLegend = plot.series.count > 1
    legend = (hasLegend ? plot.series : []).filter { !$0.name.isEmpty }.map { series in
      let textSize = Drawing.size(of: series.name)
      let length = Self.sampleWidth + 8 + textSize.x
      if place.x > margin, place.x + length > size.x - margin {
        place = [margin, place.y + Self.lineHeight]
      }
      let sample = PlotBox(at: place, size: [Self.sampleWidth, textSize.y])
      let text = box(series.name, at: place + [Self.sampleWidth + 8, 0])
      place.x += length + 24
      return (series, text, sample)
    }
    let top = place.y + (legend.isEmpty ? 0 : Self.lineHeight) + 10

    // From the other edges: labels, numbers, frame.
    let height = Drawing.size(of: "0").y
    let hasLabels = (x: !plot.x.label.isEmpty, y: !plot.y.label.isEmpty)
    let widest = plot.y.ticks.map { Drawing.size(of: $0.label).x }.max() ?? 0
    let left = margin + (hasLabels.y ? Self.lineHeight + 4 : 0) + widest + Self.tickGap
    let bottom =
      size.y - margin - (hasLabels.x ? Self.lineHeight : 0) - height - Self.tickGap
    let right = size.x - margin - 12
    let frame = PlotBox(
      at: [left, top], size: [max(right - left, 40), max(bottom - top, 40)])
    self.frame = frame

    let xSize = Drawing.size(of: plot.x.label)
    let ySize = Drawing.size(of: plot.y.label)
    let middle = (frame.minimum + frame.maximum) / 2
    var labels: [Text] = []
    if hasLabels.x {
      labels.append(
        box(
          plot.x.label,
          at: [(middle.x - xSize.x / 2).rounded(), (size.y - margin - height + 4).rounded()]))
    }
    if hasLabels.y {
      labels.append(
        Text(
          text: plot.y.label,
          box: PlotBox(
            at: [margin, (middle.y - ySize.x / 2).rounded()], size: [ySize.y, ySize.x]),
          isUpward: true))
    }
    axisLabels = labels

    // Numbers have nothing below the base line. Long ones at the ends give way to the picture's edges.
    func number(_ text: String, at place: (SIMD2<Float>) -> SIMD2<Float>) -> Text {
      let own = SIMD2(Drawing.size(of: text).x, Drawing.ascent)
      var corner = place(own)
      let free = (low: hasLabels.y ? margin + Self.lineHeight : 2, high: size.x - own.x - 2)
      corner.x = max(free.low, min(corner.x, free.high)).rounded()
      return Text(text: text, box: PlotBox(at: corner, size: own))
    }
    xTicks = Self.spaced(plot.x.ticks) { tick in
      let x = frame.minimum.x + Float(plot.x.share(of: tick.value)) * frame.size.x
      return number(tick.label) { [x - $0.x / 2, frame.maximum.y + Self.tickGap] }
    }
    yTicks = Self.spaced(plot.y.ticks) { tick in
      let y = frame.maximum.y - Float(plot.y.share(of: tick.value)) * frame.size.y
      return number(tick.label) {
        [frame.minimum.x - Self.tickGap - $0.x, (y - Drawing.ascent / 2).rounded()]
      }
    }
  }

  /// Writes numbers as they come, and leaves those out that would touch the one before.
  private static func spaced(
    _ ticks: [PlotAxis.Tick], _ text: (PlotAxis.Tick) -> Text
  ) -> [(tick: PlotAxis.Tick, text: Text?)] {
    var last: PlotBox?
    return ticks.map { tick in
      let own = text(tick)
      if let last, own.box.overlaps(last, gap: 4) { return (tick, nil) }
      last = own.box
      return (tick, own)
    }
  }

  /// All texts but those beside points.
  var texts: [Text] {
    [title].filter { !$0.text.isEmpty } + legend.map(\.text) + axisLabels
      + (xTicks + yTicks).compactMap(\.text)
  }
}

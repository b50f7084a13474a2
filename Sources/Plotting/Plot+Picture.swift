package import Imaging

/// Drawing a plot.
extension Plot {
  private static let ink = SIMD3<Float>(repeating: 0.15)
  private static let gridGrey = SIMD3<Float>(repeating: 0.88)
  private static let markerRadius: Float = 5.5
  private static let lineWidth: Float = 2.2

  /// The picture, RGB; the same plot always gives the same samples.
  package func picture() -> Image {
    let layout = PlotLayout(self)
    var drawing = Drawing(width: width, height: height)
    drawAxes(layout, on: &drawing)
    for own in series { drawLine(of: own, on: &drawing) }
    for own in series { drawPoints(of: own, on: &drawing) }
    for text in layout.texts { draw(text, on: &drawing) }
    for text in pointLabels(layout) {
      // A white edge keeps a label apart from a line that it stands on.
      for x: Float in [-2, 0, 2] {
        for y: Float in [-2, 0, 2] {
          draw(text, movedBy: [x, y], colour: [1, 1, 1], on: &drawing)
        }
      }
      draw(text, on: &drawing)
    }
    for entry in layout.legend { drawSample(of: entry.series, in: entry.sample, on: &drawing) }
    return drawing.image
  }

  /// Where texts stand: no two of them overlap.
  package var labelBoxes: [PlotBox] {
    let layout = PlotLayout(self)
    return (layout.texts + pointLabels(layout)).map(\.box)
  }

  private func drawAxes(_ layout: PlotLayout, on drawing: inout Drawing) {
    let (low, high) = (layout.frame.minimum, layout.frame.maximum)
    for (tick, _) in layout.xTicks {
      let x = position(x: tick.value, y: y.range.lowerBound).x
      drawing.line(from: [x, low.y], to: [x, high.y], width: 1, colour: Self.gridGrey)
      drawing.line(from: [x, high.y], to: [x, high.y + 4], width: 1.4, colour: Self.ink)
    }
    for (tick, _) in layout.yTicks {
      let y = position(x: x.range.lowerBound, y: tick.value).y
      drawing.line(from: [low.x, y], to: [high.x, y], width: 1, colour: Self.gridGrey)
      drawing.line(from: [low.x - 4, y], to: [low.x, y], width: 1.4, colour: Self.ink)
    }
    drawing.line(from: low, to: [low.x, high.y], width: 1.4, colour: Self.ink)
    drawing.line(from: [low.x, high.y], to: high, width: 1.4, colour: Self.ink)
  }

  private func drawLine(of series: PlotSeries, on drawing: inout Drawing) {
    let places = series.points.map { position(x: $0.x, y: $0.y) }
    for (first, second) in zip(places, places.dropFirst()) {
      switch series.line {
      case .none: break
      case .solid:
        drawing.line(from: first, to: second, width: Self.lineWidth, colour: series.colour)
      case .dashed:
        drawing.dashes(from: first, to: second, width: Self.lineWidth, colour: series.colour)
      }
    }
  }

  private func drawPoints(of series: PlotSeries, on drawing: inout Drawing) {
    for point in series.points {
      if let spread = point.spread {
        let high = position(x: point.x, y: point.y + spread)
        let low = position(x: point.x, y: point.y - spread)
        drawing.line(from: high, to: low, width: 1.4, colour: series.colour)
        for end in [high, low] {
          drawing.line(from: end - [5, 0], to: end + [5, 0], width: 1.4, colour: series.colour)
        }
      }
      if let marker = series.marker {
        drawing.marker(
          marker, at: position(x: point.x, y: point.y), radius: Self.markerRadius,
          isHollow: series.isHollow, colour: series.colour)
      }
    }
  }

  private func drawSample(of series: PlotSeries, in box: PlotBox, on drawing: inout Drawing) {
    let y = box.minimum.y + Drawing.ascent / 2
    let (left, right) = (SIMD2(box.minimum.x, y), SIMD2(box.maximum.x, y))
    switch series.line {
    case .none: break
    case .solid: drawing.line(from: left, to: right, width: Self.lineWidth, colour: series.colour)
    case .dashed:
      drawing.dashes(from: left, to: right, width: Self.lineWidth, colour: series.colour)
    }
    if let marker = series.marker {
      drawing.marker(
        marker, at: (left + right) / 2, radius: Self.markerRadius, isHollow: series.isHollow,
        colour: series.colour)
    }
  }

  private func draw(
    _ text: PlotLayout.Text, movedBy move: SIMD2<Float> = .zero, colour: SIMD3<Float> = Self.ink,
    on drawing: inout Drawing
  ) {
    let box = text.box
    drawing.text(
      text.text, at: move + (text.isUpward ? [box.minimum.x, box.maximum.y] : box.minimum),
      colour: colour, isUpward: text.isUpward)
  }

  /// Labels of points, above, below, right or left of them, or between two of these.
  ///
  /// One is put where it touches no text, no point and no edge of the frame, and left out where it does on all
  /// sides.
  private func pointLabels(_ layout: PlotLayout) -> [PlotLayout.Text] {
    let radius = Self.markerRadius
    func square(around place: SIMD2<Float>, _ radius: Float) -> PlotBox {
      PlotBox(at: place - SIMD2(repeating: radius), size: SIMD2(repeating: 2 * radius))
    }
    let places = series.map { $0.points.map { position(x: $0.x, y: $0.y) } }
    let lines = zip(series, places).filter { $0.0.line != .none }.flatMap { _, places in
      zip(places, places.dropFirst()).flatMap { first, second in
        stride(from: Float(0), through: 1, by: 0.01).map {
          square(around: first + (second - first) * $0, 1)
        }
      }
    }
    var taken = layout.texts.map(\.box) + places.joined().map { square(around: $0, radius) }
    var labels: [PlotLayout.Text] = []
    for point in series.flatMap(\.points) {
      guard let label = point.label else { continue }
      let free = sides(of: position(x: point.x, y: point.y), size: Drawing.size(of: label)).filter {
        box in
        layout.frame.contains(box) && !taken.contains { $0.overlaps(box, gap: 1) }
      }
      let best = free.first { box in !lines.contains { $0.overlaps(box) } } ?? free.first
      guard let best else { continue }
      taken.append(best)
      labels.append(PlotLayout.Text(text: label, box: best))
    }
    return labels
  }

  /// Where a text may stand beside a point.
  private func sides(of place: SIMD2<Float>, size: SIMD2<Float>) -> [PlotBox] {
    let gap = Self.markerRadius + 3
    let (above, below) = (place.y - gap - size.y, place.y + gap)
    let (left, right) = (place.x - gap - size.x, place.x + gap)
    let corners: [SIMD2<Float>] = [
      [place.x - size.x / 2, above], [place.x - size.x / 2, below],
      [right, place.y - Drawing.ascent / 2], [left, place.y - Drawing.ascent / 2],
      [right, above + gap / 2], [left, above + gap / 2], [right, below - gap / 2],
      [left, below - gap / 2],
    ]
    return corners.map { PlotBox(at: $0.rounded(.toNearestOrEven), size: size) }
  }
}

package import Imaging

/// A picture of a sequence's health: a panel for each of opacity mass, change and flicker over frames.
package enum HealthPlot {
  private static let width = 720
  private static let panelHeight = 140
  private static let margin = 40

  package static func picture(of health: SequenceHealth) -> Image {
    // Frame by frame; the first has not changed, and the ends have no two neighbours.
    let panels: [(title: String, colour: SIMD3<Float>, values: [Double?])] = [
      ("OPACITY MASS", [0.16, 0.45, 0.75], health.frames.map(\.opacityMass)),
      ("CHANGE", [0.85, 0.37, 0.1], [nil] + health.frames.dropFirst().map(\.change)),
      (
        "FLICKER", [0.35, 0.6, 0.2],
        [nil] + health.frames.dropFirst().dropLast().map(\.flicker) + [nil]
      ),
    ]
    var canvas = Canvas(width: width, height: margin + panels.count * (panelHeight + margin))
    for (index, panel) in panels.enumerated() {
      let top = margin + index * (panelHeight + margin)
      draw(panel.values, title: panel.title, colour: panel.colour, top: top, on: &canvas)
    }
    return canvas.image
  }

  private static func draw(
    _ values: [Double?], title: String, colour: SIMD3<Float>, top: Int, on canvas: inout Canvas
  ) {
    let (left, right) = (60, width - 30)
    let bottom = top + panelHeight
    let greatest = max(values.compactMap(\.self).max() ?? 0, 1e-9)
    let grey = SIMD3<Float>(repeating: 0.85)
    for line in 0...4 {
      let y = bottom - panelHeight * line / 4
      canvas.line(from: [Float(left), Float(y)], to: [Float(right), Float(y)], colour: grey)
    }
    let ink = SIMD3<Float>(repeating: 0.25)
    canvas.text(title, x: left, y: top - 16, colour: ink)
    canvas.text(label(greatest), x: 8, y: top - 4, colour: ink)
    canvas.text("0", x: left - 14, y: bottom - 4, colour: ink)
    canvas.text("1", x: left, y: bottom + 6, colour: ink)
    let last = "\(values.count)"
    canvas.text(last, x: right - Canvas.width(of: last), y: bottom + 6, colour: ink)
    let points = values.enumerated().map { index, value -> SIMD2<Float>? in
      guard let value else { return nil }
      let share = values.count > 1 ? Float(index) / Float(values.count - 1) : 0
      return SIMD2<Float>(
        Float(left) + share * Float(right - left),
        Float(bottom) - Float(value / greatest) * Float(panelHeight))
    }
    for (first, second) in zip(points, points.dropFirst()) {
      guard let first, let second else { continue }
      canvas.line(from: first, to: second, colour: colour, isThick: true)
    }
  }

  /// Three significant digits.
  private static func label(_ value: Double) -> String {
    var digits = 0
    var scaled = value
    while scaled < 100, digits < 5 {
      scaled *= 10
      digits += 1
    }
    let whole = Int(scaled.rounded())
    var text = "\(whole)"
    while text.count <= digits { text = "0" + text }
    if digits > 0 { text.insert(".", at: text.index(text.endIndex, offsetBy: -digits)) }
    return text
  }
}

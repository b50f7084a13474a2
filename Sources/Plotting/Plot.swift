package import Imaging

/// A plot of series of points over two axes.
package struct Plot: Sendable {
  package let title: String
  package let x: PlotAxis
  package let y: PlotAxis
  package let series: [PlotSeries]
  /// Pixels.
  package let width: Int
  package let height: Int

  /// - Precondition: there are pixels enough for axes and their labels.
  package init(
    title: String, x: PlotAxis, y: PlotAxis, series: [PlotSeries], width: Int = 900,
    height: Int = 600
  ) {
    precondition(
      width >= 200 && height >= 150, "found \(width)×\(height) pixels, expected at least 200×150")
    self.title = title
    self.x = x
    self.y = y
    self.series = series
    self.width = width
    self.height = height
  }

  /// Where a point lies, pixels from the top left corner of the picture.
  package func position(x abscissa: Double, y ordinate: Double) -> SIMD2<Float> {
    let frame = PlotLayout(self).frame
    let share = SIMD2<Float>(Float(x.share(of: abscissa)), Float(1 - y.share(of: ordinate)))
    return frame.minimum + share * frame.size
  }

  /// Plots of one width, one above the other.
  ///
  /// - Precondition: there is at least one, and all are equally wide.
  package static func column(_ plots: [Plot]) -> Image {
    guard let first = plots.first else { preconditionFailure("found no plots, expected some") }
    precondition(
      plots.allSatisfy { $0.width == first.width }, "found plots of several widths, expected one")
    return Image(
      width: first.width, height: plots.reduce(0) { $0 + $1.height }, channelCount: 3,
      samples: plots.flatMap { $0.picture().samples })
  }
}

/// Points that belong together, in one colour.
package struct PlotSeries: Sendable {
  package let name: String
  /// RGB in [0, 1].
  package let colour: SIMD3<Float>
  /// Nil for a line alone.
  package let marker: PlotMarker?
  package let isHollow: Bool
  package let line: Line
  package let points: [PlotPoint]

  package enum Line: Sendable {
    case none, solid, dashed
  }

  package init(
    _ name: String, colour: SIMD3<Float>, marker: PlotMarker? = .disc, isHollow: Bool = false,
    line: Line = .solid, points: [PlotPoint]
  ) {
    self.name = name
    self.colour = colour
    self.marker = marker
    self.isHollow = isHollow
    self.line = line
    self.points = points
  }

  /// Colours that people with any kind of colour vision can tell apart.
  ///
  /// (Okabe and Ito 2008, "Color universal design".) Markers differ too, so that none stands alone.
  package static let colours: [SIMD3<Float>] = [
    [0, 0.447, 0.698], [0.835, 0.369, 0], [0, 0.620, 0.451], [0.8, 0.475, 0.655],
    [0.902, 0.624, 0], [0.337, 0.706, 0.914],
  ]

  /// For what others are compared with.
  package static let grey = SIMD3<Float>(repeating: 0.45)
}

/// The shape of a point.
package enum PlotMarker: Sendable, CaseIterable {
  case disc, square, triangle, diamond
}

/// A point of a series.
package struct PlotPoint: Sendable {
  package let x: Double
  package let y: Double
  /// A bar from y − spread to y + spread.
  package let spread: Double?
  /// Written beside the point where there is room.
  package let label: String?

  package init(x: Double, y: Double, spread: Double? = nil, label: String? = nil) {
    self.x = x
    self.y = y
    self.spread = spread
    self.label = label
  }
}

/// A rectangle of a picture, pixels from the top left corner.
package struct PlotBox: Sendable, Hashable {
  package let minimum: SIMD2<Float>
  package let maximum: SIMD2<Float>

  package init(at minimum: SIMD2<Float>, size: SIMD2<Float>) {
    self.minimum = minimum
    maximum = minimum + size
  }

  package var size: SIMD2<Float> { maximum - minimum }

  /// Whether the other lies within, edges included.
  package func contains(_ other: PlotBox) -> Bool {
    other.minimum.x >= minimum.x && other.minimum.y >= minimum.y
      && other.maximum.x <= maximum.x && other.maximum.y <= maximum.y
  }

  /// Whether two rectangles share more than an edge, or come nearer than a gap.
  package func overlaps(_ other: PlotBox, gap: Float = 0) -> Bool {
    minimum.x < other.maximum.x + gap && other.minimum.x < maximum.x + gap
      && minimum.y < other.maximum.y + gap && other.minimum.y < maximum.y + gap
  }
}

/// How much work a picture is worth: the settings of marching that trade time for likeness.
package enum RenderQuality: String, Sendable, CaseIterable {
  /// For looking around.
  case preview
  /// What a picture is rendered with unless asked otherwise.
  case standard
  /// For pictures to keep.
  case high

  /// Intervals along the bound's diagonal.
  package var samplesPerDiagonal: Int {
    switch self {
    case .preview: 96
    case .standard: 160
    case .high: 512
    }
  }

  /// A ray stops when less than this share of light passes.
  ///
  /// Standard: what is left out changes an 8-bit value by less than one level.
  package var terminationThreshold: Float {
    switch self {
    case .preview: 1e-2
    case .standard: 3e-3
    case .high: 1e-3
    }
  }

  /// Cells of the occupancy grid along the longest edge of the bound.
  package var gridResolution: Int {
    switch self {
    case .preview: 64
    case .standard, .high: 128
    }
  }
}

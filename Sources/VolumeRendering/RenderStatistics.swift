/// The work behind one picture.
package struct RenderStatistics: Sendable, Hashable {
  /// Rays that met an occupied cell.
  package var marchedRayCount = 0
  /// Field evaluations.
  package var sampleCount = 0
  /// Pixels whose colour or depth was not a finite number; they are shown as empty.
  package var nonFinitePixelCount = 0
  /// Where the time went; zeros unless `RenderSettings.measuresPhases` asks for it.
  package var phases = RenderPhases()

  package init() {}

  /// Field evaluations per ray that met an occupied cell; 0 where none did.
  package var samplesPerMarchedRay: Double {
    marchedRayCount > 0 ? Double(sampleCount) / Double(marchedRayCount) : 0
  }

  /// Adds the work of another part of the picture.
  package static func += (sum: inout RenderStatistics, part: RenderStatistics) {
    sum.marchedRayCount += part.marchedRayCount
    sum.sampleCount += part.sampleCount
    sum.nonFinitePixelCount += part.nonFinitePixelCount
    sum.phases += part.phases
  }
}

/// Processor time by phase of marching, seconds, summed over threads.
package struct RenderPhases: Sendable, Hashable {
  /// Casting rays and cutting them to the box of occupied cells.
  package var rays = 0.0
  /// Finding the rays' next samples.
  package var traversal = 0.0
  /// Evaluating the field.
  package var field = 0.0
  /// Compositing samples.
  package var compositing = 0.0

  package init() {}

  package var total: Double { rays + traversal + field + compositing }

  package static func += (sum: inout RenderPhases, part: RenderPhases) {
    sum.rays += part.rays
    sum.traversal += part.traversal
    sum.field += part.field
    sum.compositing += part.compositing
  }
}

/// A part of a training step, for measuring where its time goes.
package enum TrainingPhase: Int, Sendable, CaseIterable {
  /// Codes → field weights, and their packing.
  case hypernetworkForward
  /// Looks at the scenes' occupancy grids.
  case occupancy
  /// Rays: drawing, and the samples along them.
  case rays
  case fieldForward
  /// Density and radiance → pixels → loss, and back.
  case compositing
  case fieldBackward
  /// Gradients of field weights → codes, and the sums over slices before it.
  case hypernetworkBackward
  /// One step of Adam, the parameters' gradient included.
  case optimizer
}

/// Processor seconds per phase, all threads together.
package struct PhaseSeconds: Sendable, Hashable {
  private var seconds = [Double](repeating: 0, count: TrainingPhase.allCases.count)

  package init() {}

  package subscript(phase: TrainingPhase) -> Double {
    get { seconds[phase.rawValue] }
    set { seconds[phase.rawValue] = newValue }
  }

  package var sum: Double { seconds.reduce(0, +) }

  package static func += (sums: inout PhaseSeconds, other: PhaseSeconds) {
    for phase in TrainingPhase.allCases { sums[phase] += other[phase] }
  }
}

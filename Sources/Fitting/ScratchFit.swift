import Checkpoints
import Foundation
import Kernels
package import NeuralFields
import Training
import VolumeRendering

/// A field of its own for some pictures, without any prior: what a fit is measured against.
extension Fitter {
  /// Trains a new field on rays, by Adam on its weights.
  ///
  /// - Parameter processorSeconds: how long, all threads together; the same that the fit took. What else runs on
  ///   the machine takes neither's.
  package mutating func scratchField(
    for rays: FitRays, processorSeconds seconds: Double
  ) -> CoordinateMLP {
    var random = SeededGenerator(seed: settings.seed, 6)
    var weights: [Float] = []
    var inputs = 1
    for entry in model.layout.entries {
      let isMatrix = entry.shape.count == 2
      if isMatrix { inputs = entry.shape[1] }
      // He's initialisation; biases begin at zero.
      weights += random.normals(
        count: entry.count,
        standardDeviation: isMatrix ? (2 / Float(inputs)).squareRoot() : 0)
    }
    var optimizer = Adam(rowLength: weights.count)
    let start = ProcessorClock.processSeconds
    var field = model.field(FieldWeights(weights))
    var occupancy = FitOccupancy(everywhereIn: model.bound)
    var step = 0
    while true {
      let elapsed = ProcessorClock.processSeconds - start
      guard elapsed < seconds else { break }
      // Early on there is no telling where density will be.
      if step >= 64, step % settings.occupancyPeriod == 0 {
        occupancy = FitOccupancy(of: field, threadCount: threadCount)
      }
      let drawn = rays.draw(
        settings.raysPerStep, within: occupancy.box, near: model.near,
        random: random.split(UInt64(step)))
      let (loss, slope) = gradient(drawn, field: field, occupancy: occupancy)
      step += 1
      guard loss.isFinite, slope.span.hasFiniteSquares else { continue }
      let share = 0.05 + 0.95 * Float(1 - elapsed / seconds)
      optimizer.step(
        &weights, gradient: slope.span, learningRate: 5e-3 * share, threadCount: threadCount)
      field = model.field(FieldWeights(weights))
    }
    return field
  }
}

import Checkpoints
import Foundation
import Kernels
package import NeuralFields
import Training
import VolumeRendering

/// What a refinement of the generated weights gained, and what it costs.
package struct Refinement: Sendable {
  package let change: WeightChange
  package let stepCount: Int
  /// PSNR of the held-out pixels before and after, dB.
  package let heldOutBefore: Double
  package let heldOutAfter: Double

  /// What the latent file grows by, 32-bit numbers.
  package var byteCount: Int { 4 * change.parameterCount }
}

extension Fitter {
  /// Changes the generated weights by little and of low rank, so that the pictures fit better.
  ///
  ///     W' = W + U V        L = mean squared error + λ mean (ΔW / s)² / N
  ///
  /// by Adam on U, V and the biases' changes, from no change on. s is the deviation of the tensor's
  /// weights over the training scenes, so that the change stays one that the prior might have made; N
  /// is the number of pictures.
  /// Pixels that were held out decide which step is the result.
  ///
  /// - Parameter rays: with held-out pixels.
  /// - Returns: nil where no step was better than none.
  package mutating func refine(
    _ code: LatentCode, rays: FitRays, isOutOfTime: () -> Bool = { false }
  ) -> Refinement? {
    let base = model.checkpoint.hypernetwork.weights(for: code, threadCount: threadCount)
    var field = model.field(base)
    var occupancy = FitOccupancy(of: field, threadCount: threadCount)
    let before = heldOutLoss(rays, field: field, occupancy: occupancy)
    var change = LowRankVariables(
      layout: model.layout, rank: settings.refineRank, seed: settings.seed)
    var optimizer = Adam(rowLength: change.values.count)
    var mean = change.values
    var best = (loss: before, values: [Float](), step: 0)
    var looks = 0
    let random = SeededGenerator(seed: settings.seed, 4)
    var step = 0
    while step < settings.refineSteps, looks < settings.patience, !isOutOfTime() {
      var weights = base
      let delta = change.expanded()
      var target = weights.values.mutableSpan
      target.add(delta.span)
      field = model.field(weights)
      if step % settings.occupancyPeriod == 0 {
        occupancy = FitOccupancy(of: field, threadCount: threadCount)
      }
      let drawn = rays.draw(
        settings.raysPerStep, within: occupancy.box, near: model.near,
        random: random.split(UInt64(step)))
      var (loss, gradient) = gradient(drawn, field: field, occupancy: occupancy)
      addPenalty(
        of: delta, weight: settings.refineWeight / Float(rays.viewCount), to: &gradient)
      let slope = change.gradient(ofWeights: gradient)
      step += 1
      guard loss.isFinite, slope.span.hasFiniteSquares else { break }
      let progress = Float(step) / Float(settings.refineSteps)
      let warmup = min(1, Float(step) / 10)
      let share =
        settings.finalRateShare + (1 - settings.finalRateShare) * (1 + cos(.pi * progress)) / 2
      optimizer.step(
        &change.values, gradient: slope.span,
        learningRate: settings.refineLearningRate * share * warmup, threadCount: 1)
      loss = 0
      for index in mean.indices { mean[index] += 0.1 * (change.values[index] - mean[index]) }
      if step % settings.heldOutPeriod == 0 {
        let seen = heldOut(mean, change: change, base: base, rays: rays)
        if seen < best.loss {
          looks = seen < best.loss * (1 - settings.plateauShare) ? 0 : looks + 1
          best = (seen, mean, step)
        } else {
          looks += 1
        }
      }
    }
    guard !best.values.isEmpty else { return nil }
    change.values = best.values
    return Refinement(
      change: change.change, stepCount: step, heldOutBefore: Self.psnr(before),
      heldOutAfter: Self.psnr(best.loss))
  }

  private mutating func heldOut(
    _ values: [Float], change: LowRankVariables, base: FieldWeights, rays: FitRays
  ) -> Double {
    var candidate = change
    candidate.values = values
    var weights = base
    let delta = candidate.expanded()
    var target = weights.values.mutableSpan
    target.add(delta.span)
    let field = model.field(weights)
    return heldOutLoss(
      rays, field: field, occupancy: FitOccupancy(of: field, threadCount: threadCount))
  }

  /// ∂/∂ΔW of λ mean (ΔW / s)².
  private func addPenalty(of delta: [Float], weight: Float, to gradient: inout [Float]) {
    let scale = 2 * weight / Float(delta.count)
    for (entry, deviation) in zip(model.layout.entries, model.weightDeviations) {
      let inverse = 1 / max(deviation * deviation, 1e-8)
      for index in entry.range { gradient[index] += scale * inverse * delta[index] }
    }
  }

  static func psnr(_ meanSquare: Double) -> Double { -10 * log10(max(meanSquare, 1e-10)) }
}

/// The numbers of a low-rank change of all tensors, as one flat array for an optimizer.
struct LowRankVariables {
  private struct Place {
    let entry: ParameterLayout.Entry
    let rank: Int
    let left: Int
    let right: Int
  }

  private let places: [Place]
  private let weightCount: Int
  /// Part after part U, then V; a bias's change itself.
  var values: [Float]

  /// No change: U is zero, and V is drawn so that a step of U makes a change of about its size.
  init(layout: ParameterLayout, rank: Int, seed: UInt64) {
    var random = SeededGenerator(seed: seed, 5)
    var places: [Place] = []
    var values: [Float] = []
    for entry in layout.entries {
      let left = values.count
      let isMatrix = entry.shape.count == 2
      let own = isMatrix ? min(rank, entry.shape[0], entry.shape[1]) : 1
      values += [Float](repeating: 0, count: entry.shape[0] * own)
      places.append(Place(entry: entry, rank: own, left: left, right: values.count))
      if isMatrix {
        values += random.normals(
          count: own * entry.shape[1], standardDeviation: 1 / Float(own).squareRoot())
      }
    }
    self.places = places
    self.values = values
    weightCount = layout.count
  }

  /// ΔW of all tensors, `[layout.count]`.
  func expanded() -> [Float] {
    var result = [Float](repeating: 0, count: weightCount)
    var target = result.mutableSpan
    for place in places {
      guard place.entry.shape.count == 2 else {
        target.replace(
          with: values.span.extracting(place.left..<place.left + place.entry.count),
          at: place.entry.offset)
        continue
      }
      let columns = place.entry.shape[1]
      for row in 0..<place.entry.shape[0] {
        for k in 0..<place.rank {
          target.add(
            values.span.extracting(place.right + k * columns..<place.right + (k + 1) * columns),
            times: values[place.left + row * place.rank + k],
            at: place.entry.offset + row * columns)
        }
      }
    }
    return result
  }

  /// ∂L/∂U = ∂L/∂W Vᵀ and ∂L/∂V = Uᵀ ∂L/∂W.
  func gradient(ofWeights gradient: [Float]) -> [Float] {
    var result = [Float](repeating: 0, count: values.count)
    for place in places {
      guard place.entry.shape.count == 2 else {
        for index in 0..<place.entry.count {
          result[place.left + index] = gradient[place.entry.offset + index]
        }
        continue
      }
      let columns = place.entry.shape[1]
      for row in 0..<place.entry.shape[0] {
        let start = place.entry.offset + row * columns
        let slope = gradient.span.extracting(start..<start + columns)
        for k in 0..<place.rank {
          let right = place.right + k * columns
          let left = place.left + row * place.rank + k
          result[left] = slope.dot(values.span.extracting(right..<right + columns))
          var target = result.mutableSpan
          target.add(slope, times: values[left], at: right)
        }
      }
    }
    return result
  }

  var change: WeightChange {
    WeightChange(
      parts: places.map { place in
        let isMatrix = place.entry.shape.count == 2
        let leftCount = place.entry.shape[0] * place.rank
        return WeightChange.Part(
          name: place.entry.name, shape: place.entry.shape, rank: place.rank,
          left: Array(values[place.left..<place.left + leftCount]),
          right: isMatrix
            ? Array(values[place.right..<place.right + place.rank * place.entry.shape[1]]) : [])
      })
  }
}

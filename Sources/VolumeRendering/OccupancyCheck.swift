import Imaging
import Kernels
package import NeuralFields

/// Finds what an occupancy grid hides: marches every ray through the skipped cells too.
///
/// Both pictures, with and without skipping, come from the same samples, so that they differ by
/// nothing but the skipped ones.
package enum OccupancyCheck {
  /// What skipping lost.
  package struct Report: Sendable, Hashable {
    /// Rays that meet the bound.
    package var rayCount = 0
    /// Intervals of all rays up to their ends.
    package var intervalCount = 0
    /// Intervals among them that lie in cells that are not occupied.
    package var skippedIntervalCount = 0
    /// Skipped intervals that are more opaque than `visibleOpacity`.
    package var lostIntervalCount = 0
    /// The opacity lost on a ray, Σ w over its skipped intervals: the largest, and the mean over
    /// rays.
    package var largestLoss: Float = 0
    package var meanLoss = 0.0
    /// Pixels one of whose 8-bit values over white changes by more than a level: visible holes.
    package var holePixelCount = 0
    /// Of the picture with skipping against that without, both over white, dB; infinite if they are
    /// equal.
    package var psnr = Double.infinity
  }

  /// The opacity from which a skipped interval counts as lost: half a level of 8 bits.
  package static let visibleOpacity: Float = 0.5 / 255

  /// Compares a picture with the same one without skipping.
  ///
  /// Both stop rays as the settings say.
  ///
  /// - Complexity: one field evaluation per interval of every ray that meets the bound.
  package static func run(
    _ field: any RadianceField, camera: Camera, grid: OccupancyGrid, settings: RenderSettings
  ) -> Report {
    var walkers = ParallelLoop.workspaces(threadCount: settings.threadCount) {
      Walker(settings: settings)
    }
    let rows = ParallelLoop.map(count: camera.height, workspaces: &walkers) { row, walker in
      walker.walk(row: row, camera: camera, field: field, grid: grid)
    }
    var report = Report()
    var pictures = [0, 1].map { _ in
      Image(width: camera.width, height: camera.height, channelCount: 3)
    }
    var lossSum = 0.0
    for (row, result) in rows.enumerated() {
      report.rayCount += result.part.rayCount
      report.intervalCount += result.part.intervalCount
      report.skippedIntervalCount += result.part.skippedIntervalCount
      report.lostIntervalCount += result.part.lostIntervalCount
      for (column, pixel) in result.pixels.enumerated() {
        report.largestLoss = max(report.largestLoss, pixel.loss)
        lossSum += Double(pixel.loss)
        let first = (row * camera.width + column) * 3
        var isHole = false
        for channel in 0..<3 {
          let (skipping, whole) = (pixel.skipping[channel], pixel.whole[channel])
          pictures[0].samples[first + channel] = skipping
          pictures[1].samples[first + channel] = whole
          isHole = isHole || abs((255 * skipping).rounded() - (255 * whole).rounded()) > 1
        }
        if isHole { report.holePixelCount += 1 }
      }
    }
    if report.rayCount > 0 { report.meanLoss = lossSum / Double(report.rayCount) }
    report.psnr = ImageMetrics.psnr(pictures[0], pictures[1])
    return report
  }

  /// A pixel over white, with and without skipping, and the opacity that skipping lost.
  private struct Pixel: Sendable {
    var skipping = SIMD3<Float>(repeating: 1)
    var whole = SIMD3<Float>(repeating: 1)
    var loss: Float = 0
  }

  /// Marches the rays of a row, one at a time; one per thread.
  private struct Walker {
    let settings: RenderSettings
    var batch: FieldBatch
    var distances: [Float]

    init(settings: RenderSettings) {
      self.settings = settings
      // No ray is longer than the diagonal; two more for rounding.
      batch = FieldBatch(capacity: settings.samplesPerDiagonal + 2)
      distances = [Float](repeating: 0, count: batch.capacity)
    }

    mutating func walk(
      row: Int, camera: Camera, field: any RadianceField, grid: OccupancyGrid
    ) -> (part: Report, pixels: [Pixel]) {
      var part = Report()
      let everywhere = OccupancyGrid(
        fullyOccupied: CellGrid(bound: field.bound, resolution: 1))
      let interval = field.bound.diagonal / Float(settings.samplesPerDiagonal)
      let pixels = (0..<camera.width).map { column in
        guard
          let ray = camera.ray(
            throughColumn: column, row: row, within: field.bound, near: settings.near)
        else { return Pixel() }
        part.rayCount += 1
        var sampler = RaySampler(
          ray: ray, interval: interval,
          jitter: settings.jitter(column: column, row: row))
        batch.count = 0
        while batch.count < batch.capacity, let t = sampler.next(in: everywhere) {
          distances[batch.count] = t
          batch.append(position: ray.position(at: t), direction: ray.direction)
        }
        field.evaluate(&batch)
        return composite(interval: interval, grid: grid, part: &part)
      }
      return (part, pixels)
    }

    /// Composites the batch's samples twice: all of them, and those in occupied cells.
    private func composite(interval: Float, grid: OccupancyGrid, part: inout Report) -> Pixel {
      var pixel = Pixel()
      var (whole, skipping) = (RayAccumulator(), RayAccumulator())
      for i in 0..<batch.count {
        let isOccupied = grid.isOccupied(at: [batch.x[i], batch.y[i], batch.z[i]])
        func add(to ray: inout RayAccumulator) {
          guard ray.transmittance >= settings.terminationThreshold else { return }
          ray.add(
            density: batch.density[i], radiance: [batch.red[i], batch.green[i], batch.blue[i]],
            distance: distances[i], interval: interval)
        }
        if whole.transmittance >= settings.terminationThreshold {
          part.intervalCount += 1
          if !isOccupied { part.skippedIntervalCount += 1 }
        }
        let before = whole.transmittance
        add(to: &whole)
        if isOccupied {
          add(to: &skipping)
        } else {
          pixel.loss += before - whole.transmittance
          if before - whole.transmittance > OccupancyCheck.visibleOpacity * before {
            part.lostIntervalCount += 1
          }
        }
      }
      pixel.whole = whole.radiance + whole.transmittance
      pixel.skipping = skipping.radiance + skipping.transmittance
      return pixel
    }
  }
}

package import Checkpoints
import Kernels
import NeuralFields
import VolumeRendering

/// Small quick pictures along a path, to measure it by.
///
/// They do not depend on the frames' own size and quality, nor on which frames are made.
package struct SequenceProbe: Sendable {
  /// Pixels along the longer side.
  private static let sideLength = 64
  /// Pictures that are kept at a time.
  private static let chunkLength = 64

  private let model: Checkpoint
  private let library: LatentLibrary
  private let threadCount: Int

  package init(model: Checkpoint, library: LatentLibrary, threadCount: Int) {
    self.model = model
    self.library = library
    self.threadCount = threadCount
  }

  /// What one look at a place of the path shows.
  package struct Look: Sendable {
    /// RGB over white, pixel after pixel.
    package let colours: [SIMD3<Float>]
    /// The mean opacity of the picture, [0, 1].
    package let opacity: Double
    package let code: [Float]

    /// √(mean (colour − other)²) over pixels and channels: the distance of two pictures.
    package func distance(to other: Look) -> Double {
      Self.rootMeanSquare(zip(colours, other.colours).map { $0 - $1 })
    }

    /// The distance of the picture from the mean of its neighbours.
    package func distance(toMeanOf before: Look, _ after: Look) -> Double {
      Self.rootMeanSquare(
        colours.indices.map {
          colours[$0] - 0.5 * (before.colours[$0] + after.colours[$0])
        })
    }

    package func codeDistance(to other: Look) -> Double {
      zip(code, other.code).reduce(0) { sum, pair in
        let difference = Double(pair.0) - Double(pair.1)
        return sum + difference * difference
      }.squareRoot()
    }

    private static func rootMeanSquare(_ differences: [SIMD3<Float>]) -> Double {
      let sum = differences.reduce(0) { $0 + Double(($1 * $1).sum()) }
      return (sum / Double(max(1, 3 * differences.count))).squareRoot()
    }
  }

  /// Looks at places in order, and hands on each look with those before it.
  ///
  /// - Parameter body: called with the index of each place and the looks from the one two before it on.
  package func forEachLook(
    at positions: [Double], of path: SequencePath, _ body: (Int, [Look]) -> Void
  ) {
    var recent: [Look] = []
    for start in stride(from: 0, to: positions.count, by: Self.chunkLength) {
      let chunk = positions[start..<min(start + Self.chunkLength, positions.count)]
      var workspaces: [Void] = Array(repeating: (), count: threadCount)
      let looks = ParallelLoop.map(count: chunk.count, workspaces: &workspaces) { index, _ in
        look(at: chunk[start + index], of: path)
      }
      for (index, look) in looks.enumerated() {
        recent.append(look)
        if recent.count > 3 { recent.removeFirst() }
        body(start + index, recent)
      }
    }
  }

  private func look(at position: Double, of path: SequencePath) -> Look {
    let (mix, camera) = path.view(at: position, in: library)
    let latent = library.latent(of: mix)
    let scale = Float(Self.sideLength) / Float(max(camera.width, camera.height))
    let small = camera.resized(
      width: max(1, Int((Float(camera.width) * scale).rounded())),
      height: max(1, Int((Float(camera.height) * scale).rounded())))
    let field = model.field(for: latent)
    let grid = OccupancyGrid(
      of: field, resolution: RenderQuality.preview.gridResolution, threadCount: 1)
    let renderer = Renderer(
      settings: RenderSettings(
        quality: .preview, near: model.configuration.near, threadCount: 1))
    let image = renderer.render(field, camera: small, grid: grid)
    let colours = image.radiance.indices.map {
      image.radiance[$0] + SIMD3(repeating: 1 - image.opacity[$0])
    }
    let opacity = image.opacity.reduce(0) { $0 + Double($1) } / Double(image.opacity.count)
    return Look(colours: colours, opacity: opacity, code: latent.code.values)
  }

  /// Places for a path's frames between which the picture changes equally much.
  ///
  /// The path is looked at in small equal steps, and cut where its length in pictures, between looks
  /// taken as straight, reaches each frame's share. A path on which nothing changes is cut evenly.
  ///
  /// - Returns: one place per frame, ascending from 0, `[frames]`.
  package func evenPositions(of path: SequencePath) -> [Double] {
    let keyCount = path.latent.mixes.count
    let stepCount = min(max(32 * keyCount, 128), 1024)
    let places = (0...stepCount).map { Double($0) / Double(stepCount) }
    var lengths = [Double](repeating: 0, count: places.count)
    forEachLook(at: places, of: path) { index, looks in
      guard index > 0, looks.count > 1 else { return }
      let step = looks[looks.count - 1].distance(to: looks[looks.count - 2])
      lengths[index] = lengths[index - 1] + step
    }
    let total = lengths[stepCount]
    guard total > 0 else { return (1...path.frames.count).map { path.frames.position(of: $0) } }
    var step = 0
    return (1...path.frames.count).map { frame in
      let share = path.frames.position(of: frame)
      if share >= 1 { return 1 }
      let wanted = share * total
      while step + 1 < stepCount, lengths[step + 1] < wanted { step += 1 }
      let way = lengths[step + 1] - lengths[step]
      let part = way > 0 ? min(max((wanted - lengths[step]) / way, 0), 1) : 0
      return places[step] + part / Double(stepCount)
    }
  }
}

import Kernels
package import NeuralFields

/// Rendering against the clock: from a few pixels to all of them.
extension Renderer {
  /// A picture of which some pixels may be borrowed from a coarser one.
  package struct RefinedImage: Sendable {
    /// Its statistics count the work of all sizes.
    package var image: RenderedImage

    /// Pixels that are those of a plain rendering; the others are between pixels of a coarser picture.
    package var finalPixelCount: Int
  }

  /// Renders the best picture that time allows.
  ///
  /// The whole picture is rendered at a fraction of its size, then at four times that size, and so on
  /// to the full size: all sizes before the last together cost a fifteenth of it. At each size the
  /// tiles come first across which the picture before varies most: there interpolation errs most. Tiles
  /// that time does not allow are interpolated from the picture before. Where time suffices the picture
  /// is that of a plain rendering, bit by bit.
  ///
  /// - Parameters:
  ///   - grid: the field's occupancy; cells that are not occupied are never sampled.
  ///   - preview: what `preview` gave for another field and the same camera; it stands in for the sizes before
  ///     its own, and where time is up.
  ///   - timeRemains: asked before each tile, by all threads; without a preview the first, small picture
  ///     is finished whatever it says.
  package func render(
    _ field: any RadianceField, camera: Camera, grid: OccupancyGrid,
    after preview: RenderedImage? = nil, while timeRemains: @escaping @Sendable () -> Bool
  ) -> RefinedImage {
    let cameras = Self.cameras(leadingTo: camera)
    return refine(
      preview, at: preview == nil ? cameras[...] : cameras.suffix(2), field: field, grid: grid,
      while: timeRemains)
  }

  /// Renders the sizes before the last: a picture of a sixteenth of the pixels, or a small one whole.
  ///
  /// Of a field that is quick to evaluate, and to find the occupied cells of, it is there soon.
  package func preview(
    of field: any RadianceField, camera: Camera, grid: OccupancyGrid,
    while timeRemains: @escaping @Sendable () -> Bool
  ) -> RenderedImage {
    let cameras = Self.cameras(leadingTo: camera)
    return refine(
      nil, at: cameras.prefix(max(1, cameras.count - 1)), field: field, grid: grid,
      while: timeRemains
    ).image
  }

  /// One size after the other, the first with the help of a picture of another field, where there is one.
  private func refine(
    _ first: RenderedImage?, at cameras: ArraySlice<Camera>, field: any RadianceField,
    grid: OccupancyGrid, while timeRemains: @escaping @Sendable () -> Bool
  ) -> RefinedImage {
    var marchers = makeMarchers()
    var coarser = first
    var finalPixelCount = 0
    for camera in cameras {
      let refined = refine(
        coarser, camera: camera, marchers: &marchers, while: timeRemains
      ) { tile, marcher in
        RenderedImage(marcher.march(tile, camera: camera, field: field, grid: grid))
      }
      (coarser, finalPixelCount) = (refined.image, refined.finalPixelCount)
    }
    guard let coarser else { preconditionFailure("found no size, expected the picture's own") }
    return RefinedImage(image: coarser, finalPixelCount: finalPixelCount)
  }

  /// The edge of a tile, pixels: small where rays have many samples, so that time is looked at often.
  private var refinedTileSize: Int {
    let pixelCount = Float(Self.intervalsPerLook) / Float(settings.samplesPerDiagonal)
    return min(settings.tileSize, max(8, Int(pixelCount.squareRoot())))
  }

  /// Intervals along the diagonal for each of a tile's pixels: some hundredths of a second.
  private static let intervalsPerLook = 1 << 20

  /// The camera at the sizes to render, the smallest of at most 1024 pixels or so, and full size last.
  private static func cameras(leadingTo camera: Camera) -> [Camera] {
    var cameras = [camera]
    while let last = cameras.last, last.width * last.height > 1024 {
      cameras.append(
        last.resized(width: (last.width + 3) / 4, height: (last.height + 3) / 4))
    }
    return cameras.reversed()
  }

  /// The picture at one size, whose tiles are marched or, once time is up, interpolated.
  private func refine(
    _ coarser: RenderedImage?, camera: Camera, marchers: inout [RayMarcher],
    while timeRemains: @escaping @Sendable () -> Bool,
    march: @escaping @Sendable (Tile, inout RayMarcher) -> RenderedImage
  ) -> RefinedImage {
    var result = RefinedImage(
      image: RenderedImage(
        width: camera.width, height: camera.height, hasNormals: settings.makesNormals),
      finalPixelCount: 0)
    let all = Tile.covering(
      width: camera.width, rows: 0..<camera.height, tileWidth: refinedTileSize,
      tileHeight: refinedTileSize)
    let tiles = coarser?.ordered(all, of: camera) ?? all
    // As many tiles at a time as a band has, so that they do not all stand in memory twice.
    let turnLength = max(1, bandPixelLimit / all[0].pixelCount)
    for start in stride(from: 0, to: tiles.count, by: turnLength) {
      let turn = tiles[start..<min(start + turnLength, tiles.count)]
      let images = ParallelLoop.map(count: turn.count, workspaces: &marchers) { index, marcher in
        let tile = turn[turn.startIndex + index]
        if let coarser, !timeRemains() {
          return (image: coarser.interpolated(at: tile, of: camera), isFinal: false)
        }
        return (image: march(tile, &marcher), isFinal: true)
      }
      for (tile, (image, isFinal)) in zip(turn, images) {
        result.image.insert(image, at: tile)
        result.finalPixelCount += isFinal ? tile.pixelCount : 0
      }
    }
    if let coarser {
      var earlier = coarser.statistics
      // Faulty pixels that have been rendered again do not count twice.
      if result.finalPixelCount == camera.width * camera.height { earlier.nonFinitePixelCount = 0 }
      result.image.statistics += earlier
    }
    return result
  }
}

extension RenderedImage {
  /// Tiles of a larger picture of the same view, those first across which this image varies most.
  ///
  /// The sum over neighbouring pixels of the differences of colour and opacity.
  fileprivate func ordered(_ tiles: [Tile], of camera: Camera) -> [Tile] {
    let variations = tiles.map { tile in
      let columns = pixels(under: tile.columns, of: camera.width, side: width)
      let rows = pixels(under: tile.rows, of: camera.height, side: height)
      var sum: Float = 0
      for row in rows {
        for column in columns {
          let pixel = row * width + column
          if column + 1 < width { sum += difference(pixel, pixel + 1) }
          if row + 1 < height { sum += difference(pixel, pixel + width) }
        }
      }
      return sum
    }
    // Equal tiles keep their order.
    return tiles.indices.sorted {
      variations[$0] == variations[$1] ? $0 < $1 : variations[$0] > variations[$1]
    }.map { tiles[$0] }
  }

  /// The rows or columns that those of a larger picture are interpolated from.
  private func pixels(under range: Range<Int>, of size: Int, side: Int) -> Range<Int> {
    let first = max(0, range.lowerBound * side / size - 1)
    return first..<min(side, range.upperBound * side / size + 1)
  }

  private func difference(_ first: Int, _ second: Int) -> Float {
    let colour = radiance[first] - radiance[second]
    return pointwiseMax(colour, -colour).sum() + abs(opacity[first] - opacity[second])
  }

  /// A tile of a larger picture of the same view, interpolated bilinearly between pixels' centres.
  ///
  /// Depth and normals are means weighted by opacity, so that empty pixels have no part in them.
  fileprivate func interpolated(at tile: Tile, of camera: Camera) -> RenderedImage {
    var image = RenderedImage(
      width: tile.columns.count, height: tile.rows.count, hasNormals: !normals.isEmpty)
    let columns = tile.columns.map { Neighbours(of: $0, size: camera.width, in: width) }
    var target = 0
    for row in tile.rows {
      let down = Neighbours(of: row, size: camera.height, in: height)
      for across in columns {
        let pixels = SIMD4(
          down.first * width + across.first, down.first * width + across.second,
          down.second * width + across.first, down.second * width + across.second)
        let shares = SIMD4(
          (1 - down.share) * (1 - across.share), (1 - down.share) * across.share,
          down.share * (1 - across.share), down.share * across.share)
        var sum = SIMD3<Float>.zero
        var normal = SIMD3<Float>.zero
        var distance: Float = 0
        for corner in 0..<4 {
          let weight = shares[corner] * opacity[pixels[corner]]
          sum += shares[corner] * radiance[pixels[corner]]
          image.opacity[target] += weight
          distance += weight * depth[pixels[corner]]
          if !normals.isEmpty { normal += weight * normals[pixels[corner]] }
        }
        image.radiance[target] = sum
        if image.opacity[target] > 0 { image.depth[target] = distance / image.opacity[target] }
        if normal != .zero { image.normals[target] = normal.normalised }
        target += 1
      }
    }
    return image
  }
}

/// The two pixels of a small picture's side between which a pixel of a large one's lies.
private struct Neighbours {
  let first: Int
  let second: Int
  /// The second one's share, 0…1.
  let share: Float

  init(of pixel: Int, size: Int, in smallSize: Int) {
    let place = (Float(pixel) + 0.5) * Float(smallSize) / Float(size) - 0.5
    let inside = min(max(place, 0), Float(smallSize - 1))
    first = Int(inside)
    second = min(first + 1, smallSize - 1)
    share = inside - Float(first)
  }
}

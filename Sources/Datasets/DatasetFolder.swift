import Foundation
import Imaging
import Kernels

/// A folder of posed images on the disk: one scene or many.
///
/// Recognised are a scene (`transforms_train.json` and its siblings, `transforms.json`, or SRN's
/// `rgb`, `pose` and `intrinsics.txt`), a folder of scenes, and a folder whose subfolder `train` or
/// `…_train` is a folder of scenes: then that one is taken.
package struct DatasetFolder: Sendable {
  /// The folder that the scenes were found in: the one asked for, or its training folder.
  package let path: String

  /// Sorted by name where there are several.
  package let scenes: [SceneDataset]

  /// Opens a data set and reads its pictures.
  ///
  /// - Parameters:
  ///   - splits: whose pictures are read. With `.train` among them every scene must have training
  ///     views; the other splits may be missing.
  ///   - patterns: only scenes whose name fits one of these, with `*` and `?`; all if empty. Each
  ///     must fit a scene.
  ///   - maximumScenes: so many scenes of those, evenly spread over the sorted names.
  ///   - pixelByteLimit: the most memory for pictures.
  ///   - threadCount: pictures that are read together, ≥ 1. The result does not depend on it.
  /// - Throws: `DatasetError`, of several the first in the order of scenes and views.
  package static func open(
    _ path: String, splits: Set<Split> = Set(Split.allCases), matching patterns: [String] = [],
    maximumScenes: Int? = nil, pixelByteLimit: Int = 4 << 30,
    threadCount: Int = ProcessInfo.processInfo.activeProcessorCount
  ) throws(DatasetError) -> DatasetFolder {
    precondition(
      maximumScenes.map { $0 > 0 } ?? true,
      "found \(maximumScenes ?? 0) scenes, expected at least one")
    let (folder, plans) = try plans(
      of: path, splits: splits, matching: patterns, maximumScenes: maximumScenes,
      threadCount: threadCount)
    let views = plans.flatMap { $0.views.map(\.view) }
    let images = try read(
      views, folder: folder, pixelByteLimit: pixelByteLimit, threadCount: threadCount)
    var scenes: [SceneDataset] = []
    var next = 0
    for plan in plans {
      var ownImages: [Split: [PosedImage]] = [:]
      for (view, image) in zip(plan.views, images[next...]) {
        ownImages[view.split, default: []].append(image)
      }
      next += plan.views.count
      scenes.append(
        SceneDataset(
          name: plan.name, path: plan.path, train: ownImages[.train] ?? [],
          validation: ownImages[.validation] ?? [], test: ownImages[.test] ?? [],
          depthRange: plan.depthRange, span: plan.span))
    }
    return DatasetFolder(path: folder, scenes: scenes)
  }

  /// The scenes that are asked for, as their files describe them, and the folder that they lie in.
  static func plans(
    of path: String, splits: Set<Split>, matching patterns: [String], maximumScenes: Int?,
    threadCount: Int
  ) throws(DatasetError) -> (folder: String, plans: [ScenePlan]) {
    let location = try SceneLocation(path)
    var folders = try location.scenes(matching: patterns)
    if let maximumScenes, maximumScenes < folders.count {
      let count = folders.count
      folders = (0..<maximumScenes).map { folders[$0 * count / maximumScenes] }
    }
    let selected = folders
    let plans = try inOrder(count: selected.count, threadCount: threadCount) {
      index throws(DatasetError) in
      try ScenePlan(reading: selected[index], splits: splits)
    }
    return (location.path, plans)
  }

  /// Reads pictures, so many at a time that the limit is noticed before it is far exceeded.
  private static func read(
    _ views: [ViewDescription], folder: String, pixelByteLimit: Int, threadCount: Int
  ) throws(DatasetError) -> [PosedImage] {
    var images: [PosedImage] = []
    images.reserveCapacity(views.count)
    // The size that each file's views share, as its first picture has it.
    var sharedSizes: [String: (size: PixelSize, path: String)] = [:]
    var byteCount = 0
    while images.count < views.count {
      // A picture while it is decoded takes about twice the memory that it is kept in.
      let batch = views[images.count..<min(images.count + 8 * threadCount, views.count)]
      let first = batch.startIndex
      let read = try inOrder(count: batch.count, threadCount: threadCount) {
        index throws(DatasetError) in
        try picture(of: batch[first + index])
      }
      for (view, image) in zip(batch, read) {
        if view.sharesSize {
          let shared = sharedSizes[view.statedBy] ?? (image.size, image.path)
          sharedSizes[view.statedBy] = shared
          guard image.size == shared.size else {
            throw .imageSize(
              path: image.path, found: image.size, expected: shared.size, statedBy: shared.path)
          }
        }
        byteCount += image.samples.count
      }
      guard byteCount <= pixelByteLimit else {
        throw .tooManyPixels(path: folder, byteCount: byteCount, limit: pixelByteLimit)
      }
      images += read
    }
    return images
  }

  private static func picture(of view: ViewDescription) throws(DatasetError) -> PosedImage {
    let image: StoredPicture
    do {
      image = try PNGFile.readStored(view.imagePath)
    } catch {
      throw .image(error)
    }
    let size = PixelSize(width: image.width, height: image.height)
    if let expected = view.intrinsics.sizeConflict(with: size) {
      throw .imageSize(
        path: view.imagePath, found: size, expected: expected, statedBy: view.statedBy)
    }
    return PosedImage(
      picture: image, camera: view.intrinsics.camera(of: size, pose: view.pose), name: view.name,
      path: view.imagePath, time: view.time)
  }

  /// Makes results in parallel, or throws the error of the lowest index.
  private static func inOrder<Value: Sendable>(
    count: Int, threadCount: Int,
    _ body: @Sendable (Int) throws(DatasetError) -> Value
  ) throws(DatasetError) -> [Value] {
    let results = ParallelLoop.map(count: count, threadCount: threadCount) {
      index -> Result<Value, DatasetError> in
      do throws(DatasetError) {
        return .success(try body(index))
      } catch {
        return .failure(error)
      }
    }
    var values: [Value] = []
    values.reserveCapacity(count)
    for result in results { values.append(try result.get()) }
    return values
  }
}

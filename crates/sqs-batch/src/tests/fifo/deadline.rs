//! The batch of a FIFO queue at the deadline.

use futures::FutureExt;

use super::*;

#[tokio::test(start_paused = true)]
async fn nothing_of_a_fifo_batch_is_decoded_after_the_deadline() {
    let decoded = Cell::new(false);
    let decode = |body: &str| {
        decoded.set(true);
        decode(body)
    };
    let processor = Processor::new(decode, same, same, all_done);
    let outcome = processor.process(fifo(["a1", "a2", "b3"]), Instant::now()).await.unwrap();
    assert_eq!(outcome.counts, BatchCounts { retried: 3, ..BatchCounts::default() });
    assert_eq!(failed(outcome), ["a1", "a2", "b3"]);
    assert!(!decoded.get());
}

#[tokio::test(start_paused = true)]
async fn no_round_starts_after_the_deadline() {
    let deadline = later();
    let decoded = RefCell::new(vec![]);
    let decode = |body: &str| {
        decoded.borrow_mut().push(body.to_owned());
        decode(body)
    };
    let commit = async |items: &[usize]| {
        tokio::time::sleep(Duration::from_secs(4)).await;
        all_done(items).await
    };
    let processor = Processor::new(decode, same, same, commit).max_receive_count(1);
    let batch = fifo(["a1", "a2", "a3", "a4", "b5"]);
    let outcome = processor.process(batch, deadline).await.unwrap();
    assert_eq!(Instant::now(), deadline);
    assert_eq!(outcome.done, [1, 5, 2]);
    assert_eq!(failed(outcome), ["a3", "a4"], "the third is cut off on its last receive");
    assert_eq!(decoded.take(), ["1", "5", "2", "3"]);
}

#[tokio::test(start_paused = true)]
async fn hanging_commit_returns_its_group_and_what_is_not_started() {
    let deadline = later();
    let commit = async |items: &[usize]| {
        if items.contains(&1) {
            std::future::pending::<()>().await;
        }
        all_done(items).await
    };
    let processor = Processor::new(decode, same, same, commit).chunk_size(1);
    let batch = fifo(["a1", "a2", "b3", "b4"]);
    let outcome = processor.process(batch, deadline).await.unwrap();
    assert_eq!(Instant::now(), deadline);
    assert_eq!(outcome.done, [3]);
    assert_eq!(failed(outcome), ["a1", "a2", "b4"]);
}

#[tokio::test(start_paused = true)]
async fn fifo_commit_is_skipped_when_no_time_is_left() {
    let prepare = |number: &usize| {
        // The clock moves when the future is first polled.
        let _ = tokio::time::advance(Duration::from_secs(5)).now_or_never();
        *number
    };
    let committed = Cell::new(false);
    let commit = async |items: &[usize]| {
        committed.set(true);
        all_done(items).await
    };
    let processor = Processor::new(decode, same, prepare, commit);
    let outcome = processor.process(fifo(["a1", "b2", "c3"]), later()).await.unwrap();
    assert_eq!(failed(outcome), ["a1", "b2", "c3"]);
    assert!(!committed.get());
}

struct PanicOnDrop;

impl Drop for PanicOnDrop {
    fn drop(&mut self) {
        panic!("on purpose");
    }
}

#[tokio::test(start_paused = true)]
async fn panic_in_a_dropped_fifo_commit_fails_its_chunk() {
    let commit = async |items: &[usize]| {
        if items.contains(&1) {
            let _held = PanicOnDrop;
            std::future::pending::<()>().await;
        }
        all_done(items).await
    };
    let processor = Processor::new(decode, same, same, commit).chunk_size(1);
    let outcome = processor.process(fifo(["a1", "b2"]), later()).await.unwrap();
    assert_eq!(outcome.done, [2]);
    assert_eq!(failed(outcome), ["a1"]);
}

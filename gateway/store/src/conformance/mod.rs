//! What every store has to do, as facts; run on each store that there is.
//!
//! A case is given a [`World`]: a store, its clock, and ids. It knows no database. A store that allows
//! several processes will hand out a second handle here; SQLite and the memory store have one.

mod adopting;
mod bulk;
mod controls;
mod equality;
mod faults;
mod intake;
mod journal;
mod leases;
mod make;
mod registry;
mod splitting;
mod taking;
mod upkeep;
mod world;

pub(crate) use world::{Entries, File, World};

/// Makes a test of each case for each store.
macro_rules! on_every_store {
    ($($module:ident: $($case:ident),+;)+) => {
        mod on_memory {
            $($(
                #[tokio::test]
                async fn $case() {
                    super::$module::$case(super::World::memory().await).await;
                }
            )+)+
        }

        mod on_sqlite {
            $($(
                #[tokio::test]
                async fn $case() {
                    super::$module::$case(super::World::sqlite().await).await;
                }
            )+)+
        }
    };
}

on_every_store! {
    intake:
        an_accepted_unit_is_there_after_a_restart,
        a_unit_is_stored_whole_or_not_at_all,
        an_event_without_deliveries_is_kept,
        an_event_of_nothing_but_a_type_is_kept,
        a_key_within_its_window_is_a_duplicate,
        a_key_outside_of_its_window_is_new,
        a_duplicate_with_another_body_says_so,
        equal_keys_of_one_unit_are_folded,
        equal_keys_of_two_sources_are_two_events,
        a_duplicate_is_found_after_a_restart,
        many_at_once_with_one_key_store_one,
        births_of_a_dead_incarnation_are_pending;
    taking:
        births_taken_are_not_due,
        a_pending_birth_is_due_at_once,
        take_gives_all_that_rendering_needs,
        take_gives_the_longest_due_first,
        take_keeps_to_its_count,
        take_keeps_to_its_bytes,
        take_keeps_to_its_lane,
        take_tells_suspects_from_others,
        a_dead_incarnation_takes_nothing,
        lanes_come_longest_due_first_and_no_more_than_wanted,
        what_is_due_later_says_when;
    leases:
        a_late_settle_changes_nothing,
        settling_twice_is_a_lost_lease,
        two_settles_at_once_write_one,
        a_retry_is_due_later_and_counts,
        a_plugins_crash_counts_no_attempt,
        a_held_delivery_is_never_due,
        a_settled_attempt_forgives_losses,
        release_gives_back_uncounted,
        release_spares_the_leases_of_others,
        release_unknown_spares_noted_and_younger_tokens,
        what_is_kept_comes_back_while_the_lease_holds,
        leaving_gives_back_uncounted;
    splitting:
        a_split_ends_its_parent_and_bears_its_children,
        a_late_split_bears_nothing,
        a_split_is_written_whole_or_not_at_all,
        a_split_into_nothing_or_too_much_is_refused,
        a_split_larger_than_a_commit_is_written,
        what_is_not_routed_yet_queues_by_its_route,
        what_a_dead_letter_held_goes_on_with_its_retry,
        a_held_message_does_not_spare_the_count,
        an_abandoned_delivery_keeps_what_it_held,
        a_planned_delivery_has_no_parent_and_holds_nothing;
    controls:
        a_control_stands_until_it_is_lifted,
        the_end_of_a_quarantine_frees_what_its_plugin_held;
    adopting:
        entering_adopts_and_counts_what_the_dead_held,
        a_kept_message_spares_the_count,
        lost_too_often_is_abandoned,
        ids_begin_above_those_stored,
        the_hash_key_stays;
    journal:
        pages_are_stable_while_rows_are_added,
        events_are_listed_by_what_they_are,
        an_event_shows_its_content,
        deliveries_are_listed_by_event_destination_and_state,
        attempts_are_listed_first_to_last,
        a_body_that_was_the_events_own_comes_back,
        retrying_a_held_delivery_makes_it_due,
        retrying_a_dead_letter_resolves_it_once,
        of_two_retries_at_once_one_is_refused,
        what_cannot_be_retried_is_refused_with_its_reason,
        a_scope_sees_only_its_own,
        an_applied_configuration_is_found_again,
        another_component_frees_what_its_plugin_held,
        an_admin_key_is_made_once;
    bulk:
        deliveries_are_listed_by_route_type_reason_and_time,
        a_rare_filter_finds_all_in_pages_that_may_end_early,
        a_bulk_retry_resolves_what_the_filter_fits_oldest_first,
        a_bulk_retry_of_held_ones_makes_them_due,
        a_bulk_retry_has_its_bounds,
        of_two_bulk_retries_at_once_each_dead_letter_is_retried_once,
        old_events_go_with_all_that_they_had,
        forgetting_keeps_to_its_bound_and_gets_on;
    registry:
        the_first_upload_is_active_and_later_ones_wait,
        what_is_not_there_cannot_be_activated_or_removed,
        a_removed_embedded_one_does_not_come_back,
        an_embedded_one_does_not_displace_an_uploaded_one,
        an_uploaded_one_is_removed_without_a_trace,
        versions_beyond_the_bound_go_but_for_the_active_one,
        what_is_paused_stands_until_it_is_resumed,
        resuming_lifts_all_and_ends_a_quarantine,
        what_happened_adds_up_by_minute,
        old_statistics_are_forgotten,
        more_statistics_than_a_page_are_read_in_whole_minutes;
    upkeep:
        depth_counts_live_deliveries,
        tidying_forgets_no_key_within_its_window;
}

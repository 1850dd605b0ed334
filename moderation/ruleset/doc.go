// Package ruleset reads the rules of a moderator from TOML, for bots whose rules are
// in a file; who has them elsewhere needs only package moderation.
//
//	[[rule]]
//	name = "spam"
//	phrase = ["free bitcoin", "buy followers"]
//	action = ["ban", "retract"]
//	reason = "autoban at {{.Time.Format \"2006-01-02 15:04:05\"}}"
//
//	[[allow]]
//	jid = ["friend@example.org"]
//
// [Load] gives either all of a file or an error of one line, which says where it is
// and what was expected there. The keys:
//
//	[moderation]       for all rooms
//	dry_run            true: only log what would be done
//	reason             template, see moderation.Reason
//
//	[[rule]]           one of what it looks at is enough
//	name
//	phrase, regexp     what is said; literals in any disguise, RE2 expressions
//	except             phrases that excuse what stands in them
//	substring          true: phrases also inside words
//	whispers           true: also what is whispered to the bot
//	nick, jid, domain  names, or globs with * and ?
//	nick_regexp, jid_regexp, domain_regexp
//	software           { name, version, os, unanswered = true }: globs; all given have to match
//	shouting           { percent = 80, letters = 16 }
//	flood              { messages = 8, within = "10s" }
//	repeats            { times = 3, within = "1m" }
//	joins              { count = 12, within = "1m" }
//	mentions           { count = 6 }
//	links              { within = "5m" }, since the join
//	rooms              bare JIDs or globs; none: every room
//	action             log, warn, retract, devoice, kick, tempban, ban; one or several
//	reason             template; "": none
//	words              templates, one of which is said before a kick or ban
//	delay              before a kick or ban
//	duration           of a tempban; "1h"
//	retract            how many of the offender's messages before go too
//	dry_run
//
//	[[allow]]          never acted on
//	jid, domain        names or globs
//	affiliation        none, member, admin, owner
//	rooms
//
//	[[rtbl]]           a shared block list
//	name, service, node, rooms
//	action, reason, words, delay, duration, dry_run   as in a rule; default: ban
//
//	[[room]]           what is different in one room
//	jid
//	dry_run, reason
//	archive            what was said while we were away: off, log, act
//
// A list of one may be written without brackets. {} stands for the defaults shown.
//
// All functions may be called from any goroutine and read files at most.
package ruleset

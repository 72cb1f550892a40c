"""A whole site-day in seconds: the real router and the real controller, simulated stations, cars and CSMS, no sockets.

    day = Day(config=config, scenario=scenario, seed=7)
    outcome = run(day)

Everything runs on trio's virtual clock, which jumps whenever nobody has anything to do. Three kinds of parts:

* what is real: `routing.Router` and the charging controller, joined by `board` in place of sockets;
* what is simulated: stations (`station`, on the demo's own profile arithmetic), cars, a CSMS (`csms`), an EMS and a
  box that may die (`box`), and what goes wrong on the way (`faults`);
* what judges: `wiring`, `world` and `in_force` work out from the configuration alone what each conductor of a panel
  really carries and what it may carry. They share no code with `localctl.charging`: a judge who thinks with the head
  of the accused proves nothing.
"""
